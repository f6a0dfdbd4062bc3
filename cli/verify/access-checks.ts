import * as http from 'node:http';
import type { DeniedExpectation, IngressExpectation, PlaintextExpectation } from '../../scenarios';
import { serviceHost } from '../../constructs/kubernetes/service';
import { bookinfoPods, Check, describeHeaders, headersOf, originOf, serviceUrl, VerifyContext } from './context';
import { judgeDenied } from './faults';
import { callFrom, describeAnswer, MeshAnswer } from './mesh-call';
import type { Outcome } from './result';

const INGRESS_CALLS = 3;
const INGRESS_TIMEOUT_MS = 15_000;
/** One after the other, each on a connection of its own: see the calls that are denied in every scenario. */
const DENIED_CALLS = 16;

/** An answer of the gateway to a client outside the cluster. */
export interface IngressAnswer {
  readonly status: number;
  readonly body: string;
}

/** A request to the gateway, with a host and a path of its own. */
export function ingressCheck(context: VerifyContext, expectation: IngressExpectation): Check {
  const { host, path, status, contains } = expectation;
  const place = `${host ?? ''}${path}`;
  return {
    name: `ingress ${place}`,
    expectation: `${status}${contains === undefined ? '' : ` with ${contains}`}`,
    sent: `${INGRESS_CALLS} x GET ${context.url}${path}${describeHeaders({ ...expectation, headers: { ...expectation.headers, ...(host && { host }) } })}`,
    async attempt() {
      const headers = { ...headersOf(expectation), ...(host && { host }) };
      const answers: IngressAnswer[] = [];
      for (let call = 0; call < INGRESS_CALLS; call++) {
        answers.push(await get(new URL(path, context.url), headers, context.signal));
      }
      return judgeIngress(expectation, answers);
    },
  };
}

/** Judges answers of the gateway: each has the status, and says what it should. */
export function judgeIngress(expectation: Pick<IngressExpectation, 'status' | 'contains'>, answers: readonly IngressAnswer[]): Outcome {
  const wrong = answers.find(({ status, body }) => status !== expectation.status || !body.includes(expectation.contains ?? ''));
  const shown = wrong ?? answers[0];
  if (!shown) {
    return { verdict: 'fail', observation: 'no answer' };
  }
  const missing = expectation.contains !== undefined && !shown.body.includes(expectation.contains) ? `, without ${expectation.contains}` : '';
  return { verdict: wrong ? 'fail' : 'pass', observation: `${shown.status}${missing}` };
}

// Unlike fetch, it lets the header `host` be another than the address.
function get(url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<IngressAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers, signal, agent: false, timeout: INGRESS_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${INGRESS_TIMEOUT_MS / 1000} s`)));
    request.on('error', reject);
  });
}

/** Calls that a policy of the scenario refuses, beside those that are always refused. */
export function deniedCheck(context: VerifyContext, expectation: DeniedExpectation): Check {
  const { service } = expectation;
  const url = serviceUrl(context, service);
  return {
    name: `denied: productpage calls ${service}`,
    phase: 'late',
    expectation: `403 from the proxy of ${service}`,
    sent: `${DENIED_CALLS} x GET ${url}${describeHeaders(expectation)} from productpage`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const call = { url, headers: { ...headersOf(expectation), connection: 'close' }, count: DENIED_CALLS };
      return judgeDenied(await callFrom(context.tools, origin, [call], { concurrency: 1 }), DENIED_CALLS);
    },
  };
}

/** Requests without TLS, from a pod that belongs to no mesh, to a service that takes them. */
export function plaintextAllowedCheck(context: VerifyContext, expectation: PlaintextExpectation): Check {
  const service = context.bookinfo[expectation.service];
  const url = `http://${serviceHost(service, context.mesh.clusterDomain)}:${service.ports[0].port}/${service.name}/0`;
  return {
    name: `plaintext answered: ${service.name}`,
    expectation: `200 from ${service.name} for a pod without a sidecar`,
    sent: `plain GET ${url}${describeHeaders(expectation)} from a namespace outside the mesh`,
    async attempt() {
      const { origin } = await context.outsidePod();
      const [answer] = await callFrom(context.tools, origin, [{ url, headers: headersOf(expectation) }], { timeoutSeconds: 8 });
      return judgePlaintextAllowed(answer);
    },
  };
}

/** Judges the answer that a client without TLS got: one of the program, with something in it. */
export function judgePlaintextAllowed(answer: MeshAnswer | undefined): Outcome {
  const fine = answer?.status === 200 && (answer.body ?? '').trim() !== '';
  return { verdict: fine ? 'pass' : 'fail', observation: answer ? describeAnswer(answer) : 'no answer' };
}
