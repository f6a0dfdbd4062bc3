/** What a step gets to work with. */
export interface StepContext {
  /** Says what is happening now, one plain line. */
  report(line: string): void;
  /** Aborted when the user interrupts; the step then ends soon and leaves nothing half done. */
  signal: AbortSignal;
}

/** One part of getting the cluster up. Steps run in order; each may rely on those before it. */
export interface Step {
  id: string;
  title: string;
  /** Rough duration on two idle cores with nothing cached, in seconds. */
  estimateSeconds: number;
  /** True where nothing is left to do; cheap (no more than a few hundred milliseconds). */
  isDone(): Promise<boolean>;
  run(ctx: StepContext): Promise<void>;
}

/** Something about this machine that keeps the local cluster from running. */
export interface Problem {
  what: string;
  why: string;
  mend: string;
}
