import type { MeshAnswer } from './mesh-call';
import { describeAnswer } from './mesh-call';
import type { Outcome } from './result';

/** Failures that say: there was somebody, and he hung up without a word of HTTP. */
const REFUSED = /^(ConnectionResetError|RemoteDisconnected|BrokenPipeError|ConnectionAbortedError|BadStatusLine)/;

/** One plain-HTTP request and what it was meant to show. */
export interface PlaintextAnswer {
  /** In words: `reviews pod 10.1.2.3`. */
  readonly target: string;
  readonly answer: MeshAnswer;
}

/**
 * Judges requests without TLS from outside the mesh. A connection that times out proves nothing, as a firewall or a wrong address looks the same;
 * so does a refusal when nothing at all can be reached from there.
 * @param control a request from the same place that has to work
 */
export function judgePlaintext(control: PlaintextAnswer, targets: readonly PlaintextAnswer[]): Outcome {
  if (control.answer.status === undefined) {
    return { verdict: 'fail', observation: `cannot tell: not even ${control.target} answered: ${describeAnswer(control.answer)}` };
  }
  const bad = targets.filter(({ answer }) => answer.status !== undefined || !REFUSED.test(answer.error ?? ''));
  if (bad.length > 0 || targets.length === 0) {
    return { verdict: 'fail', observation: bad.map(({ target, answer }) => `${target}: ${describeAnswer(answer)}`).join('; ') || 'nothing was asked' };
  }
  const hangUps = [...new Set(targets.map(({ answer }) => answer.error?.split(':')[0]))].join(', ');
  return { verdict: 'pass', observation: `${targets.length} of ${targets.length} refused (${hangUps}); ${control.target} answered ${control.answer.status}` };
}
