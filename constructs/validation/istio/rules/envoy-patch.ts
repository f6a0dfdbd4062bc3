import * as fs from 'node:fs';
import * as path from 'node:path';
import type { EnvoyFilterSpec } from '../../../istio/generated/envoy-filter';
import { child, Report } from '../finding';
import { nearest } from '../nearest';
import { DEFAULT_MINOR } from '../schema';
import { DOCS } from './common';

type Patch = NonNullable<EnvoyFilterSpec['configPatches']>[number];
type Types = Readonly<Record<string, readonly string[]>>;

const SEE = `${DOCS}/networking/envoy-filter/`;
const ROUTER = 'envoy.filters.http.router';
export const MANAGERS = ['envoy.filters.network.http_connection_manager', 'envoy.http_connection_manager'];
/** Names that Envoy gave its filters before they had a namespace. */
export const OLD_NAMES: Readonly<Record<string, string>> = {
  'envoy.http_connection_manager': 'envoy.filters.network.http_connection_manager',
  'envoy.tcp_proxy': 'envoy.filters.network.tcp_proxy',
  'envoy.mongo_proxy': 'envoy.filters.network.mongo_proxy',
  'envoy.redis_proxy': 'envoy.filters.network.redis_proxy',
  'envoy.router': 'envoy.filters.http.router',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.lua': 'envoy.filters.http.lua',
};


let known: Types | undefined;

/** Every `typed_config` names the type of its configuration, of the third version of Envoy's API. */
export function checkTypes(value: unknown, at: string, report: Report, minor: string): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkTypes(item, child(at, index), report, minor));
    return;
  }
  if (typeof value !== 'object' || value === null) {
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const field = child(at, name);
    if ((name === 'typed_config' || name === 'typedConfig') && typeof member === 'object' && member !== null) {
      const type = (member as Record<string, unknown>)['@type'];
      if (typeof type !== 'string' || !/\/[\w.]+$/.test(type)) {
        bad(report, child(field, '@type'), type, 'a configuration names its type', 'Write such as "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua');
      } else if (/\.v2(?:alpha)?\./.test(type)) {
        bad(report, child(field, '@type'), type, 'the second version of Envoy’s API is gone', 'Write the type of version 3');
      } else {
        checkKnown(type, child(field, '@type'), report, minor);
      }
    }
    checkTypes(member, field, report, minor);
  }
}

/** A type of Envoy's that the istiod of these rules does not know; a later one may have got it. */
function checkKnown(type: string, field: string, report: Report, minor: string): void {
  const name = type.slice(type.lastIndexOf('/') + 1);
  const [, owner = '', message = ''] = /^(envoy\..*)\.(\w+)$/.exec(name) ?? [];
  known ??= JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'generated', 'envoy-types.json'), 'utf8')) as Types;
  if (owner === '' || known[owner]?.includes(message)) {
    return;
  }
  const near = known[owner] ? `${owner}.${nearest(message, known[owner], Infinity)}` : nearestType(owner, message, known);
  report.add('AI0704', Number(minor.split('.')[1]) > Number(DEFAULT_MINOR.split('.')[1]) ? 'warning' : 'error', field, {
    value: type,
    rule: `Envoy, as Istio ${DEFAULT_MINOR} knows it, has no such type`,
    mend: near ? `Perhaps type.googleapis.com/${near} is meant` : 'Correct the type',
    see: 'https://www.envoyproxy.io/docs/envoy/latest/api-v3/api',
  });
}

function nearestType(owner: string, message: string, types: Types): string | undefined {
  const package_ = nearest(owner, Object.keys(types), 3);
  return package_ && `${package_}.${nearest(message, types[package_]!, Infinity)}`;
}

/** Patches that go where Envoy does not take them, or nowhere. */
export function checkPlace({ applyTo, match, patch }: Patch, at: string, report: Report): void {
  const operation = child(child(at, 'patch'), 'operation');
  const filter = match?.listener?.filterChain?.filter;
  const { name: newName } = (patch?.value ?? {}) as { name?: string };
  if (applyTo === 'HTTP_FILTER' && newName !== ROUTER && isLast(patch?.operation, filter?.subFilter?.name)) {
    report.warning('AI0705', operation, {
      value: patch?.operation,
      rule: 'this puts the filter behind the router, which Envoy wants last: it refuses the whole listener',
      mend: 'Use INSERT_BEFORE with the router as `subFilter`, or INSERT_FIRST',
      see: SEE,
    });
  }
  if (patch?.operation === 'MERGE' && ((applyTo === 'HTTP_FILTER' && !filter?.subFilter) || (applyTo === 'NETWORK_FILTER' && !filter))) {
    report.warning('AI0706', operation, {
      value: 'MERGE',
      rule: 'no filter is chosen, so this is merged into every one, whatever its type',
      mend: `Name the filter in \`match.listener.filterChain.filter${applyTo === 'HTTP_FILTER' ? '.subFilter' : ''}\``,
      see: SEE,
    });
  }
  if (newName !== undefined && OLD_NAMES[newName]) {
    report.warning('AI0703', child(child(child(at, 'patch'), 'value'), 'name'), { value: newName, rule: 'the filter has another name today', mend: `Write ${OLD_NAMES[newName]}`, see: SEE });
  }
  const cluster = match?.cluster?.name;
  const direction = /^(in|out)bound\|/.exec(cluster ?? '')?.[1];
  const context = match?.context;
  if (direction && ((direction === 'in' && (context === 'SIDECAR_OUTBOUND' || context === 'GATEWAY')) || (direction === 'out' && context === 'SIDECAR_INBOUND'))) {
    report.warning('AI0707', `${at}.match.context`, {
      value: context,
      rule: `an ${direction}bound cluster is not there in this context, so the patch is for nothing`,
      mend: direction === 'in' ? 'Write SIDECAR_INBOUND' : 'Write SIDECAR_OUTBOUND or GATEWAY',
      see: SEE,
    });
  }
}

function isLast(operation: string | undefined, anchor: string | undefined): boolean {
  return operation === 'ADD' || (operation === 'INSERT_AFTER' && (anchor === undefined || anchor === ROUTER));
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0701', field, { value, rule, mend, see: SEE });
}
