import { serviceHost } from '../../constructs/kubernetes/service';
import { CommandError, RunResult } from '../tools/process';
import { bookinfoPods, Check, originOf, reviewsVersions, serviceUrl, VerifyContext, VerifyTools } from './context';
import { judgeDenied } from './faults';
import { Visitor } from './gateway';
import { callFrom } from './mesh-call';
import { judgePlaintext } from './plaintext';
import { hasLabels, listPods, MeshPod, PROXY_CONTAINER } from './pods';
import { describePage, expectedPage, judgePage } from './product-page';
import { judgeSync, parseProxyStatus, parseSyncz, ProxyStatus } from './proxy-sync';
import type { Outcome } from './result';

const PAGE_LOADS = 3;
/** Who signs in where the scenario names nobody. */
const VISITOR = 'jason';
/**
 * One after the other, and more than a proxy keeps idle connections from before a change: each of those answers once more by the old rules, and
 * then closes. At once, they would all be answered by those.
 */
const DENIED_CALLS = 16;

/** The product page, as one visitor sees it. @param user who signs in first; nobody where left out */
export function pageCheck(context: VerifyContext, user?: string): Check {
  const expected = expectedPage(context.expectations, user);
  const loads = expected.reviews === 'unavailable' ? 1 : PAGE_LOADS;
  const login = user === undefined ? '' : `POST ${context.url}/login (username ${user}), then `;
  return {
    name: `page, ${user ?? 'not signed in'}`,
    expectation: describePage(expected),
    sent: `${login}${loads} x GET ${context.url}/productpage`,
    async attempt() {
      const versions = reviewsVersions(context, await bookinfoPods(context));
      const visitor = new Visitor(context.url, context.signal);
      if (user !== undefined) {
        await visitor.signIn(user);
      }
      const seen: Outcome[] = [];
      for (let load = 0; load < loads; load++) {
        const { status, html } = await visitor.productPage();
        seen.push(judgePage(expected, status, html, versions));
      }
      const failed = seen.filter(({ verdict }) => verdict === 'fail');
      return {
        verdict: failed.length > 0 ? 'fail' : 'pass',
        observation: [...new Set((failed.length > 0 ? failed : seen).map(({ observation }) => observation))].join(' | '),
      };
    },
  };
}

/** The page for nobody and for everybody whom the scenario singles out; none where the scenario does not serve it to everybody. */
export function pageChecks(context: VerifyContext): Check[] {
  if (context.publicPage === false) {
    return [];
  }
  const users = new Set(context.expectations.flatMap(({ kind, user }) => (user === undefined || kind === 'call' ? [] : [user])));
  return [undefined, ...(users.size > 0 ? users : [VISITOR])].map((user) => pageCheck(context, user));
}

/** Calls that nobody allowed. */
export function deniedChecks(context: VerifyContext): Check[] {
  // A delay for everybody is felt here too: one after the other would take minutes.
  const concurrency = context.expectations.some(({ kind, user }) => kind === 'delay' && user === undefined) ? DENIED_CALLS : 1;
  const ratings: Check = {
    name: 'denied: productpage calls ratings',
    phase: 'late',
    expectation: '403 from the proxy of ratings: only reviews may call it',
    sent: `${DENIED_CALLS} x GET ${serviceUrl(context, 'ratings')} from productpage`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const call = { url: serviceUrl(context, 'ratings'), headers: { connection: 'close' }, count: DENIED_CALLS };
      return judgeDenied(await callFrom(context.tools, origin, [call], { timeoutSeconds: 12, concurrency }), DENIED_CALLS);
    },
  };
  const reviews: Check = {
    name: 'denied: ratings calls reviews',
    phase: 'late',
    expectation: '403 from the proxy of reviews: only productpage may call it',
    sent: `${DENIED_CALLS} x GET ${serviceUrl(context, 'reviews')} from ratings`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'ratings');
      const call = { url: serviceUrl(context, 'reviews'), count: DENIED_CALLS };
      return judgeDenied(await callFrom(context.tools, origin, [call], { budgetSeconds: 60 }), DENIED_CALLS);
    },
  };
  // A fault for everybody is injected on the caller's side: the proxy of ratings is never asked.
  const hidden = context.expectations.some((promise) => promise.kind === 'abort' && promise.service === 'ratings' && promise.user === undefined);
  return hidden ? [reviews] : [ratings, reviews];
}

/** Requests without TLS, from a pod that belongs to no mesh. */
export function plaintextCheck(context: VerifyContext): Check {
  const { mesh, bookinfo } = context;
  const gateway = mesh.ingressGateway;
  const { port } = bookinfo.reviews.ports[0];
  const service = serviceHost(bookinfo.reviews, mesh.clusterDomain);
  return {
    name: 'plaintext refused',
    phase: 'late',
    expectation: 'a pod without a sidecar is refused by reviews, by pod and by Service; the gateway answers it',
    sent: `plain GET http://${service}:${port}/reviews/0 and the same to a pod, from a namespace outside the mesh`,
    async attempt() {
      if (!gateway) {
        return { verdict: 'skipped', observation: 'the mesh has no ingress gateway that could show that the network works' };
      }
      const { origin } = await context.outsidePod();
      const pod = (await bookinfoPods(context)).find((candidate) => candidate.ready && candidate.ip && hasLabels(candidate, bookinfo.reviews.labels));
      const host = serviceHost({ name: gateway.serviceName, namespace: gateway.namespace }, mesh.clusterDomain);
      const targets = [
        { target: `the gateway`, url: `http://${host}:80/productpage` },
        { target: `Service reviews`, url: `http://${service}:${port}/reviews/0` },
        ...(pod?.ip ? [{ target: `pod ${pod.name}`, url: `http://${pod.ip.includes(':') ? `[${pod.ip}]` : pod.ip}:${port}/reviews/0` }] : []),
      ];
      const answers = await callFrom(context.tools, origin, targets, { timeoutSeconds: 8 });
      const [control, ...rest] = targets.map(({ target }, index) => ({
        target,
        answer: answers.find(({ call }) => call === index) ?? { call: index, seconds: 0, error: 'NoAnswer: the request was not sent' },
      }));
      return judgePlaintext(control, rest);
    },
  };
}

/** Whether every proxy has acknowledged what the control plane sent it. */
export function syncCheck(context: VerifyContext): Check {
  const { mesh, bookinfo } = context;
  return {
    name: 'proxies in sync',
    expectation: `every proxy of ${bookinfo.namespace} and the gateway is SYNCED`,
    sent: context.tools.hasIstioctl ? `istioctl proxy-status -i ${mesh.rootNamespace}` : `GET /debug/syncz of istiod in ${mesh.rootNamespace}`,
    async attempt() {
      const gateway = mesh.ingressGateway;
      const pods = [
        ...(await bookinfoPods(context)),
        ...(gateway ? await listPods(context.tools, gateway.namespace, gateway.selector) : []),
      ].filter(({ containers }) => containers.includes(PROXY_CONTAINER));
      const statuses = await proxyStatuses(context);
      if (typeof statuses === 'string') {
        return { verdict: 'skipped', observation: statuses };
      }
      return judgeSync(pods.map(proxyName), statuses);
    },
  };
}

function proxyName(pod: MeshPod): string {
  return `${pod.name}.${pod.namespace}`;
}

/** @returns a reason where nobody can be asked */
async function proxyStatuses(context: VerifyContext): Promise<ProxyStatus[] | string> {
  const { tools, mesh } = context;
  if (tools.hasIstioctl) {
    // Newer versions show statuses only when asked for more; older ones do not know the flag.
    for (const flags of [['--verbosity', '1'], []]) {
      const { stdout, code } = await askIstioctl(tools, ['proxy-status', '-i', mesh.rootNamespace, ...flags]);
      const statuses = parseProxyStatus(stdout).filter((status) => Object.keys(status.statuses).length > 0);
      if (code === 0 && statuses.length > 0) {
        return statuses;
      }
    }
  }
  const istiods = (await listPods(tools, mesh.rootNamespace, { app: 'istiod' })).filter(({ ready }) => ready);
  const answers = await Promise.all(
    istiods.map((pod) =>
      tools.kubectl(['exec', '-n', pod.namespace, pod.name, '-c', 'discovery', '--', 'pilot-discovery', 'request', 'GET', '/debug/syncz'], {
        timeoutSeconds: 20,
        okCodes: [0, 1, 126],
      }),
    ),
  );
  const good = answers.filter(({ code }) => code === 0);
  if (good.length === 0) {
    return `istioctl is not installed, and istiod in ${mesh.rootNamespace} cannot be asked: ${answers[0]?.stderr.trim().split('\n').at(-1) ?? 'no pod of it is ready'}`;
  }
  return good.flatMap(({ stdout }) => parseSyncz(stdout));
}

/** Where istioctl gets no answer in time, from a control plane that is busy, istiod itself is asked. */
async function askIstioctl(tools: VerifyTools, args: readonly string[]): Promise<Pick<RunResult, 'stdout' | 'code'>> {
  try {
    return await tools.istioctl(args, { timeoutSeconds: 10, okCodes: [0, 1, 64] });
  } catch (error) {
    if (error instanceof CommandError && error.timedOutAfterSeconds !== undefined) {
      return { stdout: '', code: 1 };
    }
    throw error;
  }
}
