import { badgeSvg, badgeText, lock, versionLook } from './card';
import { escapeXml, textWidth } from './text';
import type { EdgeKind, ServiceNode, Topology } from './topology';

export interface Legend {
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}

const WORDS: Readonly<Record<EdgeKind, string>> = {
  ingress: 'comes in',
  call: 'calls',
  allowed: 'may call',
  route: 'is routed to',
  egress: 'goes out',
};
const MODES = ['STRICT', 'PERMISSIVE', 'DISABLE', 'none'] as const;
const MODE_WORDS: Readonly<Record<ServiceNode['mtls'], string>> = {
  STRICT: 'takes mutual TLS only',
  PERMISSIVE: 'takes plaintext too',
  DISABLE: 'takes no mutual TLS',
  none: 'policies do not hold',
};
const SIZE = 11.5;
const LINE = 22;

/** Attributes of an edge's line, by its class: a kind, `denied`, or `call` and a number. */
export function lineLook(name: string): string {
  const dash = name === 'allowed' ? ' stroke-dasharray="2 4"' : name === 'denied' ? ' stroke-dasharray="6 4"' : '';
  return `class="${name}" stroke-width="1.5"${dash} marker-end="url(#${name})"`;
}

/**
 * What the signs mean that a picture has, in lines.
 * @param namespaces with the classes of their colours, where no frames show them
 * @param usual mode of connections that compact cards leave out
 */
export function legendOf(topology: Topology, width: number, namespaces: ReadonlyMap<string, string>, usual?: ServiceNode['mtls']): Legend {
  const { services, gateways, edges } = topology;
  const many = usual !== undefined;
  const entries: { picture: string; size: number; text: string }[] = [];
  const add = (used: boolean, picture: string, size: number, text: string): void => {
    if (used) entries.push({ picture, size, text });
  };
  for (const kind of ['ingress', 'call', 'allowed', 'route', 'egress'] as const) {
    const isColoured = many && kind === 'call';
    const text = isColoured ? 'calls (each caller in one colour)' : WORDS[kind];
    add(edges.some((edge) => edge.kind === kind && !edge.denied), `<path ${lineLook(isColoured ? 'call0' : kind)} d="M0 9H26"/>`, 28, text);
  }
  add(edges.some(({ denied }) => denied), `<path ${lineLook('denied')} d="M0 9H26"/>`, 28, 'policies refuse it');
  const access = new Set([...services, ...gateways].map((node) => node.access));
  add(access.has('restricted'), lock(0, 0, { access: 'restricted' }), 12, 'policies decide who gets in');
  add(access.has('closed'), lock(0, 0, { access: 'closed' }), 12, 'closed to everybody');
  const looks = services.flatMap((service) => service.versions.map((version) => ({ version, kind: versionLook(version).kind })));
  const chip = (kind: string, dash = ' stroke-dasharray="4 3"'): string => `<rect class="${kind}" y="1" width="24" height="15" rx="4"${dash}/>`;
  add(looks.some(({ kind }) => kind === 'active'), chip('active', ''), 24, 'version with its share of requests');
  const idle = looks.filter(({ kind }) => kind === 'idle').map(({ version }) => version.byRule);
  add(idle.length > 0, chip('idle'), 24, idle.every(Boolean) ? 'version that only a rule leads to' : 'version without requests');
  add(looks.some(({ kind }) => kind === 'copied'), chip('copied'), 24, 'version that gets copies');
  add(services.some(({ faults }) => faults.length > 0), '<rect class="faulty" y="1" width="24" height="15" rx="4"/>', 24, 'faults are injected');
  add(topology.externals.length > 0, '<rect class="external" y="1" width="24" height="15" rx="4" stroke-dasharray="5 4"/>', 24, 'host outside the mesh');
  for (const mode of MODES.filter((candidate) => services.some(({ mtls }) => mtls === candidate))) {
    const badge = badgeText(mode);
    // Compact cards say what is not usual, in words.
    add(!many || mode === usual, badgeSvg(0, badge, mode, 0), textWidth(badge, 10.5) + 8, many ? 'where a card says nothing else' : MODE_WORDS[mode]);
  }
  for (const [namespace, colour] of namespaces) {
    add(true, `<rect class="${colour}" x="2" y="2" width="4" height="14" rx="2"/>`, 6, namespace);
  }
  let [x, y, right] = [0, 0, 0];
  const parts = entries.map(({ picture, size, text }) => {
    const total = size + 6 + textWidth(text, SIZE);
    if (x > 0 && x + total > width) {
      [x, y] = [0, y + LINE];
    }
    const part = `<g transform="translate(${x.toFixed(1)} ${y})">${picture}<text class="ink" x="${size + 6}" y="13" font-size="${SIZE}">${escapeXml(text)}</text></g>`;
    right = Math.max(right, x + total);
    x += total + 20;
    return part;
  });
  return { width: right, height: entries.length > 0 ? y + LINE : 0, svg: parts.join('') };
}
