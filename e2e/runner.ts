/** One thing that has to hold, tried on the real thing. */
export interface Trial {
  readonly name: string;
  /** Nothing after it can succeed where it fails. @default false */
  readonly vital?: boolean;
  /** @returns figures worth a look, shown behind the name */
  run(): Promise<string | undefined>;
}

/** What a trial throws so that its failure says all that is needed. */
export function must(condition: boolean, problem: string): asserts condition {
  if (!condition) {
    throw new Error(problem);
  }
}

/**
 * Runs trials one after the other, as each builds on what the one before it left, and prints a line for each as it ends.
 * @returns the number that failed
 */
export async function runTrials(trials: readonly Trial[]): Promise<number> {
  let [passed, failed] = [0, 0];
  for (const [index, trial] of trials.entries()) {
    const begin = Date.now();
    const took = (): string => `${((Date.now() - begin) / 1000).toFixed(1)} s`.padStart(8);
    try {
      const figures = await trial.run();
      passed++;
      print(`ok    ${took()}  ${trial.name}${figures ? ` (${figures})` : ''}`);
    } catch (error) {
      failed++;
      print(`FAIL  ${took()}  ${trial.name}`, ...indent(error instanceof Error ? error.message : String(error)));
      if (trial.vital) {
        const rest = trials.slice(index + 1);
        failed += rest.length;
        rest.forEach(({ name }) => print(`FAIL            ${name}: not tried, as it needs what failed above`));
        break;
      }
    }
  }
  print('', `${passed} passed, ${failed} failed`);
  return failed;
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `                ${line}`);
}
