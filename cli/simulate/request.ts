import { BOOKINFO_CALLS, CallerDescription, callersNamed, ChainRequest, MeshModel } from '../../constructs/model';
import { UsageError } from '../errors';

/** What the command line says about a request. */
export interface RequestOptions {
  readonly to?: string;
  readonly from?: string;
  readonly fromNamespace?: string;
  readonly fromLabel?: readonly string[];
  readonly fromServiceAccount?: string;
  readonly sidecar?: boolean;
  readonly gateway?: string | true;
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly port?: string;
  readonly header?: readonly string[];
  readonly user?: string;
  readonly claim?: readonly string[];
  readonly invalidToken?: boolean;
  readonly sourceIp?: string;
  readonly https?: boolean;
  readonly serverName?: string;
  readonly clientCertificate?: boolean;
  readonly authorizer?: 'allow' | 'deny';
}

/** A request, and what was chosen for what was not said. */
export interface ChosenRequest {
  readonly request: ChainRequest;
  readonly choices: readonly string[];
}

const { signIn } = BOOKINFO_CALLS;

/**
 * The request that somebody at the command line means. Through the gateway where a host or a gateway is named or nothing is called; else from the
 * service that calls it in Bookinfo's call graph.
 * @throws UsageError naming the option that cannot be read, or options that contradict each other
 */
export function requestOf(model: MeshModel, given: RequestOptions): ChosenRequest {
  const options = { ...given, ...partsOf(given) };
  const { to, host, gateway } = options;
  const described = describedCaller(model, options);
  const isCalled = options.from !== undefined || described !== undefined;
  if (gateway !== undefined && (to !== undefined || isCalled)) {
    const other = to !== undefined ? '--to' : '--from';
    const next = to !== undefined ? ['Leave --to out, and say the host of the URL with --host', 'Leave --gateway out, to ask from inside the mesh'] : [];
    throw new UsageError(`--gateway and ${other} contradict each other`, 'a request through a gateway comes from outside, and its host decides where it goes', next);
  }
  const name = to === undefined ? undefined : serviceNamed(model, to);
  const usual = BOOKINFO_CALLS.calls.find((call) => call.to === name);
  const isEntry = name === signIn?.service && host === undefined;
  const inside = isCalled || (to !== undefined && !isEntry);
  const choices: string[] = [];
  const headers = pairs('--header', options.header, /[=:]/);
  const shared = {
    ...{ method: options.method, headers, user: options.user, port: portOf(options.port), scheme: schemeOf(options) },
    ...{ claims: claimsOf(options.claim), invalidToken: options.invalidToken, sourceIp: options.sourceIp },
    ...{ serverName: options.serverName, clientCertificate: options.clientCertificate, externalAuthorization: options.authorizer },
  };
  const asksEntry = !inside || name === signIn?.service;
  if (asksEntry && signIn && Object.keys(headers).some((header) => header.toLowerCase() === signIn.header)) {
    choices.push(`${signIn.service} passes no ${signIn.header} on: sign in there with --user NAME`);
  }
  if (!inside) {
    if (gateway === undefined && host === undefined) {
      choices.push('through the ingress gateway: name a caller with --from to ask from inside the mesh');
    }
    const path = options.path ?? '/productpage';
    if (options.path === undefined) {
      choices.push(`path ${path}`);
    }
    return { request: { ...shared, gateway: gateway ?? true, to: host, path }, choices };
  }
  if (to === undefined) {
    throw new UsageError('nothing is called', '--from says who calls, but not whom', ['Add --to SERVICE']);
  }
  const caller = usual && model.services.some((service) => service.name === usual.from) ? usual.from : undefined;
  const from = described ?? options.from ?? caller;
  if (!isCalled && caller !== undefined) {
    choices.push(`from ${caller}, which calls ${name} in Bookinfo`);
  }
  const callers = typeof from === 'string' ? callersNamed(model, from) : [];
  if (options.user !== undefined && !asksEntry && !callers.includes(signIn?.service ?? '')) {
    throw new UsageError('--user says nothing here', `people sign in at ${signIn?.service}, which this request does not come from`, ['Say it with --header end-user=NAME']);
  }
  const call = BOOKINFO_CALLS.calls.find((candidate) => candidate.to === name && callers.includes(candidate.from));
  if (options.path === undefined && call && call.path !== '/') {
    choices.push(`path ${call.path}, as ${call.from} asks`);
  }
  return { request: { ...shared, from, to, host, path: options.path ?? call?.path }, choices };
}

/** What a URL in place of a name says. */
function partsOf(options: RequestOptions): Pick<RequestOptions, 'to' | 'port' | 'path' | 'https'> {
  if (!options.to?.includes('://')) {
    return {};
  }
  const [, scheme, authority, path] = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(options.to) ?? [];
  if (!scheme || !authority) {
    throw new UsageError(`--to ${options.to} cannot be read`, 'it is no URL of HTTP', ['Write --to reviews, or --to http://reviews:9080/reviews/0']);
  }
  const [to, port] = authority.split(':');
  return { to, port: options.port ?? port, path: options.path ?? (path || undefined), https: options.https ?? scheme.toLowerCase() === 'https' };
}

/** Name of the Service that a text means however it is spelled: `reviews:9080`, `Reviews`, `reviews.bookinfo`; else the text itself. */
function serviceNamed(model: MeshModel, text: string): string {
  const host = text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  const found = model.services.find(({ name, namespace, host: full }) => [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, full].includes(host));
  return found?.name ?? host;
}

/** A caller that is described rather than named. */
function describedCaller(model: MeshModel, options: RequestOptions): CallerDescription | undefined {
  const { from, fromNamespace, fromLabel, fromServiceAccount, sidecar = true } = options;
  if (fromNamespace === undefined && fromLabel === undefined && fromServiceAccount === undefined && sidecar) {
    return undefined;
  }
  if (from !== undefined) {
    const next = ['Leave --from out, and describe the caller by --from-namespace, --from-label, --from-service-account and --no-sidecar'];
    throw new UsageError('the caller is both named and described', `the model knows all about ${from}`, next);
  }
  const called = options.to === undefined ? undefined : model.services.find(({ name }) => name === serviceNamed(model, options.to ?? ''));
  const namespace = fromNamespace ?? called?.namespace ?? model.workloads[0]?.namespace ?? 'default';
  return { namespace, labels: pairs('--from-label', fromLabel, /=/), serviceAccount: fromServiceAccount, ...(sidecar ? {} : { sidecar }) };
}

function schemeOf({ https, serverName, clientCertificate }: RequestOptions): 'https' | undefined {
  return https || serverName !== undefined || clientCertificate ? 'https' : undefined;
}

function pairs(option: string, texts: readonly string[] | undefined, separator: RegExp): Record<string, string> {
  return Object.fromEntries(
    (texts ?? []).map((text) => {
      const at = text.search(separator);
      if (at < 1) {
        throw new UsageError(`${option} ${text} cannot be read`, 'it has no name and value', [`Write ${option} NAME=VALUE`]);
      }
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    }),
  );
}

/** Values that read as JSON are taken as such, so that lists can be given. */
function claimsOf(texts: readonly string[] | undefined): Record<string, unknown> | undefined {
  return texts === undefined
    ? undefined
    : Object.fromEntries(
        Object.entries(pairs('--claim', texts, /=/)).map(([name, value]) => {
          try {
            return [name, JSON.parse(value) as unknown];
          } catch {
            return [name, value];
          }
        }),
      );
}

function portOf(text: string | undefined): number | undefined {
  if (text !== undefined && (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535)) {
    throw new UsageError(`--port ${text} cannot be read`, 'a port is a number from 1 to 65535', ['Write --port 9080']);
  }
  return text === undefined ? undefined : Number(text);
}
