import { ProblemError } from '../constructs/validation/problem';

/** What a run asked for cannot be had, such as an environment that is not there: the command is wrong, and no file. */
export class ChoiceError extends ProblemError {
  override readonly name = 'ChoiceError';
}
