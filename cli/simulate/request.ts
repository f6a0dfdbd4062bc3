import { isIP } from 'node:net';
import { BOOKINFO_CALLS, MeshModel, SimulatedRequest } from '../../constructs/model';
import { UsageError } from '../errors';

/** What the command line says about a request. */
export interface RequestOptions {
  readonly to?: string;
  readonly from?: string;
  readonly gateway?: string | true;
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly port?: string;
  readonly header?: readonly string[];
  readonly claim?: readonly string[];
  readonly sourceIp?: string;
  readonly https?: boolean;
  readonly serverName?: string;
  readonly clientCertificate?: boolean;
  readonly authorizer?: 'allow' | 'deny';
}

/** A request, and what was chosen for what was not said. */
export interface ChosenRequest {
  readonly request: SimulatedRequest;
  readonly choices: readonly string[];
}

/**
 * The request that somebody at the command line means. Through the gateway where a host or a gateway is named or nothing is called; else from the
 * service that calls it in Bookinfo's call graph.
 * @throws UsageError naming the option that cannot be read
 */
export function requestOf(model: MeshModel, options: RequestOptions): ChosenRequest {
  const choices: string[] = [];
  const caller = BOOKINFO_CALLS.calls.find((call) => call.to === options.to?.split('.')[0]);
  const isEntry = BOOKINFO_CALLS.calls.some((call) => call.from === options.to?.split('.')[0]) && !caller;
  const inside = options.from !== undefined || (options.gateway === undefined && options.host === undefined && options.to !== undefined && !isEntry);
  const shared = {
    method: options.method,
    headers: pairs('--header', options.header, /[=:]/),
    port: portOf(options.port),
    claims: claimsOf(options.claim),
    sourceIp: addressOf(options.sourceIp),
    scheme: options.https || options.serverName !== undefined || options.clientCertificate ? ('https' as const) : undefined,
    serverName: options.serverName,
    clientCertificate: options.clientCertificate,
    externalAuthorization: options.authorizer,
  };
  if (!inside) {
    if (options.gateway === undefined && options.host === undefined) {
      choices.push('through the ingress gateway: name a caller with --from to ask from inside the mesh');
    }
    const path = options.path ?? '/productpage';
    if (options.path === undefined) {
      choices.push(`path ${path}`);
    }
    return { request: { ...shared, gateway: options.gateway ?? true, to: options.host, path }, choices };
  }
  if (options.to === undefined) {
    throw new UsageError('nothing is called', '--from says who calls, but not whom', ['Add --to SERVICE']);
  }
  const from = options.from ?? (caller && model.services.some((service) => service.name === caller.from) ? caller.from : undefined);
  if (options.from === undefined && from !== undefined) {
    choices.push(`from ${from}, which calls ${options.to} in Bookinfo`);
  }
  const call = BOOKINFO_CALLS.calls.find((candidate) => candidate.to === options.to && candidate.from === from?.split('.')[0]);
  if (options.path === undefined && call) {
    choices.push(`path ${call.path}, as ${call.from} asks`);
  }
  return { request: { ...shared, from, to: options.to, host: options.host, path: options.path ?? call?.path }, choices };
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

function addressOf(text: string | undefined): string | undefined {
  if (text !== undefined && isIP(text) === 0) {
    throw new UsageError(`--source-ip ${text} cannot be read`, 'it is no IPv4 or IPv6 address', ['Write --source-ip 203.0.113.7']);
  }
  return text;
}

function portOf(text: string | undefined): number | undefined {
  if (text !== undefined && (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535)) {
    throw new UsageError(`--port ${text} cannot be read`, 'a port is a number from 1 to 65535', ['Write --port 9080']);
  }
  return text === undefined ? undefined : Number(text);
}
