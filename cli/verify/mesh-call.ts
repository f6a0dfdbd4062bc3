import type { ClusterTools } from '../tools/cluster-access';
import { NODE_SCRIPT, PYTHON_SCRIPT, RUBY_SCRIPT } from './call-scripts';

/** Requests that are the same. */
export interface MeshCall {
  readonly url: string;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default 1 */
  readonly count?: number;
  /** Whether the answers' headers and certificate are told too. @default false */
  readonly details?: boolean;
}

/** Bounds of a run of calls. */
export interface MeshCallBounds {
  /** Requests under way at once. @default 16 */
  readonly concurrency?: number;
  /** Seconds that one answer may take. @default 5 */
  readonly timeoutSeconds?: number;
  /** Seconds after which no further request is sent. @default 12 */
  readonly budgetSeconds?: number;
}

/** One answer, or why there was none. */
export interface MeshAnswer {
  /** Position of its {@link MeshCall}. */
  readonly call: number;
  readonly seconds: number;
  /** @default there was no answer */
  readonly status?: number;
  readonly body?: string;
  /** Class and text of the failure: `ConnectionResetError: ...`. */
  readonly error?: string;
  /** By names in lower case. @default not asked for */
  readonly headers?: Readonly<Record<string, string>>;
  /** The server's certificate in base64, by HTTPS. @default not asked for */
  readonly certificate?: string | null;
}

/** A container to call from: requests carry the identity of its pod. */
export interface CallOrigin {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** What the container has to send requests with. @default 'python' */
  readonly runtime?: keyof typeof RUNTIMES;
}

/** What runs the calls in a container. */
const RUNTIMES = {
  python: (spec: string) => ['python3', '-c', PYTHON_SCRIPT, spec],
  node: (spec: string) => ['node', '-e', NODE_SCRIPT, spec],
  ruby: (spec: string) => ['ruby', '-e', RUBY_SCRIPT, spec],
} as const;

/** Sends the calls from inside a container, all of them in one go. Node and Ruby send them one after the other. */
export async function callFrom(
  tools: Pick<ClusterTools, 'kubectl'>,
  origin: CallOrigin,
  calls: readonly MeshCall[],
  bounds: MeshCallBounds = {},
): Promise<MeshAnswer[]> {
  const { concurrency = 16, timeoutSeconds = 5, budgetSeconds = 12 } = bounds;
  const spec = { calls, concurrency, timeoutSeconds, budgetSeconds };
  const program = RUNTIMES[origin.runtime ?? 'python'](JSON.stringify(spec));
  const { stdout } = await tools.kubectl(['exec', '-n', origin.namespace, origin.pod, '-c', origin.container, '--', ...program], {
    timeoutSeconds: budgetSeconds + timeoutSeconds + 15,
  });
  return parseAnswers(stdout);
}

/** Reads the lines that the script prints, and passes over anything else. */
export function parseAnswers(stdout: string): MeshAnswer[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as MeshAnswer);
}

/** An answer in a few words. */
export function describeAnswer(answer: MeshAnswer): string {
  if (answer.status === undefined) {
    return answer.error ?? 'no answer';
  }
  const body = (answer.body ?? '').replace(/\s+/g, ' ').trim();
  return `${answer.status}${body ? ` ${body.length > 60 ? `${body.slice(0, 57)}...` : body}` : ''}`;
}
