import { homedir } from 'node:os';
import * as path from 'node:path';

/** A path whose `~/` at the beginning is the home folder, as a shell has it. */
export function homePath(given: string): string {
  return given.startsWith('~/') ? path.join(homedir(), given.slice(2)) : given;
}
