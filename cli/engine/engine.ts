import type { Layer } from '../../environments/environment';
import type { Change } from './differ';

/** A synthesised stack, as `stacks/synth.ts` returns it. */
export interface Stack {
  readonly name: string;
  readonly layer: Layer;
  readonly dir: string;
}

/** Says what is happening now, one plain line. */
export type Report = (line: string) => void;

/** What applying a stack came to. */
export interface Applied {
  /** Whether anything was changed. */
  readonly changed: boolean;
  /** One line: `3 releases: 1 installed, 2 unchanged`. */
  readonly summary: string;
}

/** What applying a stack would change. */
export interface StackPlan {
  readonly stack: string;
  readonly layer: Layer;
  readonly changes: readonly Change[];
  /** Why nothing can be said about the stack yet. @default it could be planned */
  readonly unknown?: string;
}

/** How synthesised stacks get into a cluster. */
export interface Engine {
  readonly name: 'terraform' | 'direct';
  /** Mends what a killed run left of a stack, then applies it. Safe to repeat. */
  apply(stack: Stack, report: Report): Promise<Applied>;
  /** Reads only. */
  plan(stack: Stack, report: Report): Promise<StackPlan>;
  /** The engine's own rendering of its last plan of a stack. */
  fullPlan(stack: Stack): Promise<string>;
  /** Takes a stack away again; says what it leaves. */
  destroy(stack: Stack, report: Report): Promise<Applied>;
}
