import type { PastProxyExpectation } from '../../scenarios';
import { CommandError } from '../tools/process';
import { realHost } from './call-check';
import { bookinfoPods, Check, originOf, VerifyContext } from './context';
import { PROXY_CONTAINER } from './pods';
import type { Outcome } from './result';

/** Seconds that curl waits for a connection: a network that refuses says nothing. */
const PATIENCE_SECONDS = 3;
/** Exit codes of curl that say: no connection, refused or without an answer. */
const NO_CONNECTION: Readonly<Record<number, string>> = { 7: 'no connection', 28: `no connection within ${PATIENCE_SECONDS} s` };
/** Exit codes of a container that has no such program. */
const NO_CURL = [126, 127];

/** Asks a host from the proxy's own container: what its user sends is not redirected to the proxy, as with a process that got that user's rights. */
export function pastProxyCheck(context: VerifyContext, expectation: PastProxyExpectation): Check {
  const url = `http://${realHost(context, expectation.host)}/`;
  return {
    name: `past-proxy to ${realHost(context, expectation.host)}`,
    expectation: 'no connection: the network policy lets nothing leave the cluster',
    sent: `GET ${url} by curl in the container ${PROXY_CONTAINER} of productpage`,
    phase: 'late',
    async attempt() {
      const { namespace, pod } = originOf(context, await bookinfoPods(context), 'productpage');
      const curl = ['curl', '--silent', '--output', '/dev/null', '--connect-timeout', String(PATIENCE_SECONDS), '--write-out', '%{http_code}', url];
      try {
        const { stdout } = await context.tools.kubectl(['exec', '-n', namespace, pod, '-c', PROXY_CONTAINER, '--', ...curl], { timeoutSeconds: 20 });
        return judgePastProxy(0, stdout);
      } catch (error) {
        if (error instanceof CommandError && error.timedOutAfterSeconds === undefined) {
          return judgePastProxy(error.code, '');
        }
        throw error;
      }
    },
  };
}

/** @param code exit code of curl, as `kubectl exec` passes it on */
export function judgePastProxy(code: number, status: string): Outcome {
  if (NO_CURL.includes(code)) {
    return { verdict: 'skipped', observation: 'the image of the proxy has no curl' };
  }
  return code in NO_CONNECTION
    ? { verdict: 'pass', observation: NO_CONNECTION[code] }
    : { verdict: 'fail', observation: code === 0 ? `answered with ${status}` : `curl ended with ${code}` };
}
