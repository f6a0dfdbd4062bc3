import { randomBytes } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { serviceHost } from '../../constructs/kubernetes/service';
import type { CallExpectation } from '../../scenarios';
import { bookinfoPods, Check, describeHeaders, headersOf, originOf, VerifyContext } from './context';
import { COUNT, describeExpected, isRefusal, judgeCall, SECONDS } from './call-judge';
import { ask } from './gateway-call';
import { callFrom, MeshAnswer, MeshCall } from './mesh-call';

/** All of a check's requests together; a program in a container stops sending then. */
const BUDGET_SECONDS = 30;
const ATTEMPT = '{attempt}';

/** Any request that a scenario promises something about. */
export function callCheck(context: VerifyContext, expectation: CallExpectation): Check {
  const { count = COUNT, method = 'GET' } = expectation;
  const place = placeOf(context, expectation);
  const { host } = new URL(place.url);
  const shown = place.through === undefined ? place.url : `${place.url.replace(host, place.through)} for ${host}`;
  return {
    name: expectation.name,
    phase: expectation.alone ? 'alone' : isRefusal(expectation) ? 'late' : 'early',
    expectation: describeExpected(expectation),
    sent: `${count} x ${method} ${shown}${describeHeaders(expectation)}${fromWhom(expectation)}`,
    async attempt() {
      return judgeCall(expectation, await send(context, expectation));
    },
  };
}

function fromWhom({ from, gateway }: CallExpectation): string {
  if (from === 'gateway') {
    return gateway === undefined ? '' : `, the Gateway ${gateway} of the Gateway API`;
  }
  return from === 'outside' ? ' from a pod outside the mesh' : ` from ${from}`;
}

interface Place {
  readonly url: string;
  /** What stands for the gateway's own address, where another host is asked for. */
  readonly through?: string;
}

/** The host that is meant. */
export function realHost({ externalHost }: Pick<VerifyContext, 'externalHost'>, host: string): string {
  return host.replace('{external}', externalHost);
}

/** Where a call goes, as its client writes it; a gateway's own address is still to be found. */
function placeOf(context: VerifyContext, expectation: CallExpectation): Place {
  const { from, scheme = 'http', path = '/' } = expectation;
  if (from === 'gateway') {
    // Its address is found when it is asked.
    const url = expectation.gateway === undefined ? context.url : `http://${expectation.gateway}`;
    const own = new URL(url).hostname;
    const port = expectation.port === undefined ? '' : `:${expectation.port}`;
    return expectation.host === undefined
      ? { url: scheme === 'http' && !port ? `${url}${path}` : `${scheme}://${own}${port}${path}` }
      : { url: `${scheme}://${expectation.host}${port}${path}`, through: scheme === 'http' && !port ? new URL(url).host : `${own}${port}` };
  }
  const host = realHost(context, expectation.host ?? 'productpage');
  const service = host in context.bookinfo && host !== 'namespace' ? context.bookinfo[host as 'productpage'] : undefined;
  const name = service && from === 'outside' ? serviceHost(service, context.mesh.clusterDomain) : host;
  const port = expectation.port ?? service?.ports[0].port;
  return { url: `${scheme}://${name}${port === undefined ? '' : `:${port}`}${path}` };
}

async function send(context: VerifyContext, expectation: CallExpectation): Promise<MeshAnswer[]> {
  const { count = COUNT, from, method, withinSeconds = SECONDS } = expectation;
  const word = randomBytes(4).toString('hex');
  const headers = Object.fromEntries(Object.entries(headersOf(expectation)).map(([name, value]) => [name, value.replaceAll(ATTEMPT, word)]));
  const url = placeOf(context, expectation).url.replaceAll(ATTEMPT, word);
  if (from === 'gateway') {
    return sendToGateway(context, expectation, { url, method, headers, count });
  }
  const origin = from === 'outside' ? (await context.outsidePod()).origin : originOf(context, await bookinfoPods(context), from);
  const call: MeshCall = { url, method, headers: { ...headers, connection: 'close' }, count, details: true };
  return callFrom(context.tools, origin, [call], { concurrency: 1, timeoutSeconds: withinSeconds + SECONDS, budgetSeconds: BUDGET_SECONDS });
}

async function sendToGateway(context: VerifyContext, expectation: CallExpectation, call: MeshCall): Promise<MeshAnswer[]> {
  const { protocol, host, hostname, pathname, search } = new URL(call.url);
  const isTls = protocol === 'https:';
  const address = await context.gatewayAddress(expectation.port ?? (isTls ? 443 : 80), expectation.gateway);
  const options: RequestOptions = {
    ...{ host: address.host, port: address.port, path: `${pathname}${search}`, method: call.method ?? 'GET', agent: false },
    headers: { ...(expectation.host !== undefined && { host }), ...call.headers },
    ...(isTls && { rejectUnauthorized: false, servername: expectation.host === undefined ? '' : hostname }),
    timeout: ((expectation.withinSeconds ?? SECONDS) + SECONDS) * 1000,
    signal: context.signal,
  };
  const answers: MeshAnswer[] = [];
  for (let sent = 0; sent < (call.count ?? 1); sent++) {
    answers.push(await ask(options, isTls));
  }
  return answers;
}
