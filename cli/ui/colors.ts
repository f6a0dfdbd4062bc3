import { createColors } from 'picocolors';

type Colors = ReturnType<typeof createColors>;

/**
 * Whether text for a stream is coloured: `NO_COLOR` and `FORCE_COLOR` decide where they are set, else a terminal is coloured and a pipe is not.
 * The library's own rule also colours pipes wherever `CI` is set, and takes `FORCE_COLOR=0` for a yes.
 *
 * @see https://no-color.org
 * @see https://nodejs.org/docs/latest-v20.x/api/tty.html#writestreamhascolorscount-env
 */
export function hasColors(stream: { readonly isTTY?: boolean } = process.stdout, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR) {
    return false;
  }
  if (env.FORCE_COLOR !== undefined) {
    return !['0', 'false'].includes(env.FORCE_COLOR);
  }
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** The colours for a stream: those that change nothing where it has none. */
export function colorsFor(stream: NodeJS.WriteStream = process.stdout): Colors {
  return createColors(hasColors(stream));
}
