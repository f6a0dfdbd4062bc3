import type { InferInput, InferOutput } from 'valibot';
import type { environmentSchema } from './schema';

/** An environment as its file states it: what may be left out is optional. */
export type EnvironmentInput = InferInput<typeof environmentSchema>;

/** An environment with every default filled in. */
export type Environment = InferOutput<typeof environmentSchema>;

/** The layers of an environment, each a Terraform stack `<environment>-<layer>`, in the order they are applied. */
export const LAYERS = ['cluster', 'mesh', 'bookinfo', 'traffic'] as const;
export type Layer = (typeof LAYERS)[number];
