import { badgeText, MANY, versionLook } from './card';
import type { GatewayNode, Restriction, ServiceNode, Topology, TopologyEdge, VersionNode } from './topology';

const ACCESS = { open: '', restricted: '🔒 ', closed: '⛔ ' } as const;
const CLASSES = {
  gateway: 'fill:#ddf4ff,stroke:#0969da,color:#24292f',
  service: 'fill:#f6f8fa,stroke:#57606a,color:#24292f',
  closed: 'fill:#ffebe9,stroke:#cf222e,color:#24292f',
  faulty: 'fill:#fff8c5,stroke:#9a6700,color:#24292f',
  active: 'fill:#dafbe1,stroke:#1a7f37,color:#24292f',
  idle: 'fill:#f6f8fa,stroke:#8c959f,stroke-dasharray:4 3,color:#57606a',
  copied: 'fill:#fbefff,stroke:#8250df,stroke-dasharray:4 3,color:#24292f',
  external: 'fill:#ffffff,stroke:#57606a,stroke-dasharray:4 3,color:#24292f',
} as const;

/** Many frames beside each other would be wider than any page; below each other, with little between, they are not. */
const DENSE = '%%{init: {"flowchart": {"nodeSpacing": 14, "rankSpacing": 40}}}%%';

/**
 * A topology as a Mermaid flowchart; of many services the versions stand in the service's box. The same topology always gives the same text.
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function toMermaid(topology: Topology): string {
  const { gateways, services, externals, callers } = topology;
  const ids = new Map([...gateways, ...services, ...externals, ...callers].map((node, index) => [node.id, `n${index}`]));
  const id = (node: string): string => ids.get(node) ?? '';
  const isCompact = services.length >= MANY;
  const namespaces = [...new Set([...gateways, ...services, ...callers].flatMap((node) => node.namespace ?? []))].sort();
  const callersBox = (node: Topology['callers'][number]): string => `${id(node.id)}(["${quote(node.text)}"]):::external`;
  const lines = isCompact ? [DENSE, 'flowchart LR'] : ['flowchart TB'];
  for (const [index, namespace] of namespaces.entries()) {
    const isHere = (node: { readonly namespace?: string }): boolean => node.namespace === namespace;
    const inside = [
      ...gateways.filter(isHere).map((gateway) => gatewayLine(id(gateway.id), gateway)),
      ...services.filter(isHere).flatMap((service) => serviceLines(id(service.id), service, isCompact)),
      ...callers.filter(isHere).map(callersBox),
    ];
    lines.push(`  subgraph ns${index}["${quote(namespace)}"]`, ...inside.map((line) => `    ${line}`), '  end');
  }
  lines.push(
    ...callers.filter(({ namespace }) => namespace === undefined).map((node) => `  ${callersBox(node)}`),
    ...externals.map((external) => `  ${id(external.id)}{{"${label([external.host, external.ports.join(', '), ...external.notes])}"}}:::external`),
    ...topology.edges.map((edge) => `  ${id(edge.from)} ${edgeOf(edge)} ${id(edge.to)}`),
  );
  const used = lines.join('\n');
  lines.push(...Object.entries(CLASSES).flatMap(([name, style]) => (used.includes(`:::${name}`) ? [`  classDef ${name} ${style}`] : [])));
  return `${lines.join('\n')}\n`;
}

function gatewayLine(id: string, gateway: GatewayNode): string {
  return `${id}[/"${ACCESS[gateway.access]}${label([...gateway.names, ...gateway.servers, ...restrictions(gateway)])}"/]:::gateway`;
}

function serviceLines(id: string, service: ServiceNode, isCompact: boolean): string[] {
  const notes = [
    `${service.name} :${service.ports.join(', ')}`,
    ...(isCompact && service.versions.length > 0 ? [service.versions.map((version) => `${version.name} ${versionLook(version).text}`).join(' · ')] : []),
    ...service.rules,
    ...service.faults,
    // Of many, the arrows say who calls.
    ...restrictions(isCompact ? { ...service, allows: [] } : service),
    ...(isCompact && service.mtls === 'STRICT' ? [] : [badgeText(service.mtls)]),
  ];
  const kind = service.faults.length > 0 ? 'faulty' : service.access === 'closed' ? 'closed' : 'service';
  const box = `${id}["${ACCESS[service.access]}${label(notes)}"]:::${kind}`;
  return isCompact ? [box] : [box, ...service.versions.flatMap((version, index) => versionLines(id, version, `${id}v${index}`))];
}

function versionLines(service: string, version: VersionNode, id: string): string[] {
  const { kind, text } = versionLook(version);
  const arrow = kind === 'active' ? `-->|"${text}"|` : kind === 'copied' || version.byRule ? `-.->|"${text}"|` : '-.-';
  return [`${id}("${quote(version.name)}"):::${kind}`, `${service} ${arrow} ${id}`];
}

function restrictions({ allows, guards, denials, trials }: Restriction): string[] {
  return [...allows.map((text) => `allows ${text}`), ...guards, ...denials, ...trials];
}

function edgeOf(edge: TopologyEdge): string {
  const arrow = edge.denied ? '--x' : edge.kind === 'allowed' ? '-.->' : edge.kind === 'ingress' || edge.kind === 'egress' ? '==>' : '-->';
  const text = [edge.label, edge.denied ? 'refused' : edge.kind === 'route' ? 'routed' : undefined].filter(Boolean).join(', ');
  return text ? `${arrow}|"${quote(text)}"|` : arrow;
}

function label(lines: readonly string[]): string {
  return lines.filter(Boolean).map(quote).join('<br/>');
}

/**
 * Text that means itself: entities have a hash and no ampersand here.
 * @see https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
 */
function quote(text: string): string {
  const codes: Readonly<Record<string, string>> = { '#': '#35;', '&': '#amp;', '<': '#lt;', '>': '#gt;', '"': '#quot;', '`': '#96;' };
  return text.replace(/[#&<>"`]/g, (character) => codes[character]);
}
