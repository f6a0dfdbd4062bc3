import type { Topology, TopologyEdge } from './topology';

const ACCESS = { open: '', restricted: '🔒 ', closed: '⛔ ' } as const;

/**
 * A topology as a Mermaid flowchart. The same topology always gives the same text.
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function toMermaid(topology: Topology): string {
  const ids = new Map([...topology.gateways, ...topology.services, ...topology.externals].map((node, index) => [node.id, `n${index}`]));
  const id = (node: string): string => ids.get(node) ?? '';
  const namespaces = [...new Set([...topology.gateways, ...topology.services].map((node) => node.namespace))].sort();
  const lines = ['flowchart LR'];
  for (const [index, namespace] of namespaces.entries()) {
    lines.push(`  subgraph ns${index}["${quote(namespace)}"]`);
    for (const gateway of topology.gateways.filter((node) => node.namespace === namespace)) {
      lines.push(`    ${id(gateway.id)}[/"${ACCESS[gateway.access]}${quote([...gateway.names, ...gateway.servers, ...gateway.guards].join('<br/>'))}"/]:::gateway`);
    }
    for (const service of topology.services.filter((node) => node.namespace === namespace)) {
      const notes = [
        `${service.name} :${service.ports.join(', ')}`,
        ...service.rules,
        ...service.faults,
        ...service.guards,
        ...(service.mtls === 'STRICT' ? ['mTLS STRICT'] : []),
      ];
      lines.push(
        `    ${id(service.id)}["${ACCESS[service.access]}${quote(notes.join('<br/>'))}"]:::${service.faults.length > 0 ? 'faulty' : 'service'}`,
      );
      for (const [versionIndex, version] of service.versions.entries()) {
        const version_ = `${id(service.id)}v${versionIndex}`;
        lines.push(`    ${version_}("${quote(version.name)}"):::version`);
        lines.push(`    ${id(service.id)} ${arrowOf(version.percent, version.mirrored)} ${version_}`);
      }
    }
    lines.push('  end');
  }
  for (const external of topology.externals) {
    lines.push(`  ${id(external.id)}{{"${quote([external.host, external.ports.join(', '), ...external.notes].join('<br/>'))}"}}:::external`);
  }
  lines.push(...topology.edges.map((edge) => `  ${id(edge.from)} ${edgeOf(edge)} ${id(edge.to)}`));
  lines.push(
    '  classDef gateway fill:#ddf4ff,stroke:#0969da,color:#24292f',
    '  classDef service fill:#f6f8fa,stroke:#57606a,color:#24292f',
    '  classDef faulty fill:#fff8c5,stroke:#9a6700,color:#24292f',
    '  classDef version fill:#dafbe1,stroke:#1a7f37,color:#24292f',
    '  classDef external fill:#ffffff,stroke:#57606a,stroke-dasharray:4 3,color:#24292f',
  );
  return `${lines.join('\n')}\n`;
}

function arrowOf(percent: number | undefined, mirrored: number | undefined): string {
  if (percent !== undefined) {
    return `-->|"${Number(percent.toFixed(1))} %"|`;
  }
  return mirrored === undefined ? '-.-' : `-.->|"copy ${mirrored} %"|`;
}

function edgeOf(edge: TopologyEdge): string {
  const arrow = edge.kind === 'allowed' ? '-.->' : edge.kind === 'ingress' ? '==>' : '-->';
  return edge.label ? `${arrow}|"${quote(edge.label)}"|` : arrow;
}

/** Text in quotes may hold anything but quotes. */
function quote(text: string): string {
  return text.replaceAll('"', '#quot;');
}
