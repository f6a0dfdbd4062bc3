import { textWidth, escapeXml } from './text';
import type { Access, ExternalNode, GatewayNode, ServiceNode, VersionNode } from './topology';

/** A drawn box: its size, and its picture with the origin at its upper left. */
export interface Card {
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}

export const INK = '#24292f';
export const MUTED = '#57606a';
const TITLE = 15;
const SMALL = 12;
const PAD = 12;
const CHIP = 38;

/**
 * A service: its name and ports, a chip a version with its share, its rules and its faults.
 * @param named whether to say its namespace
 */
export function serviceCard(service: ServiceNode, named: boolean): Card {
  const ports = [...service.ports.map((port) => `:${port}`), ...(named ? [service.namespace] : [])].join(' ');
  const badge =
    service.mtls === 'none' ? 'no sidecar' : service.mtls === 'STRICT' ? 'mTLS' : service.mtls === 'DISABLE' ? 'plaintext' : 'mTLS optional';
  const titleWidth = textWidth(service.name, TITLE, true) + 6 + textWidth(ports, SMALL);
  const badgeWidth = textWidth(badge, 10.5) + 12;
  const lockWidth = service.access === 'open' ? 0 : 18;
  const chips = service.versions.map(chipOf);
  const chipsWidth = chips.reduce((sum, chip) => sum + chip.width + 6, -6);
  const notes = [
    ...service.rules.map((text) => ({ text, fill: '#0550ae' })),
    ...service.faults.map((text) => ({ text, fill: '#953800' })),
    ...service.guards.map((text) => ({ text, fill: '#116329' })),
  ];
  const noteWidth = Math.max(0, ...notes.map(({ text }) => textWidth(text, SMALL)));
  const width = Math.ceil(Math.max(130, titleWidth + 20 + badgeWidth + lockWidth, chipsWidth, noteWidth) + 2 * PAD);
  const parts = [title(service.name, ports), badgeSvg(width - PAD - lockWidth - badgeWidth, badge, service.mtls)];
  if (lockWidth > 0) {
    parts.push(lock(width - PAD - 12, 11, service.access));
  }
  let y = 36;
  if (chips.length > 0) {
    let x = PAD;
    for (const chip of chips) {
      parts.push(`<g transform="translate(${x} ${y})">${chip.svg}</g>`);
      x += chip.width + 6;
    }
    y += CHIP + 8;
  }
  for (const { text, fill } of notes) {
    parts.push(`<text x="${PAD}" y="${y + 11}" font-size="${SMALL}" fill="${fill}">${escapeXml(text)}</text>`);
    y += 17;
  }
  const [fill, stroke] = service.faults.length > 0 ? ['#fff8c5', '#9a6700'] : ['#ffffff', service.access === 'closed' ? '#cf222e' : '#8c959f'];
  return boxed(width, y + 4, fill, stroke, parts);
}

/**
 * A gateway: the Gateway objects and what they listen for.
 * @param named whether to say its namespace
 */
export function gatewayCard(gateway: GatewayNode, named: boolean): Card {
  const name = gateway.names.map((full) => full.split('/')[1]).join(', ');
  const detail = named ? gateway.namespace : '';
  const head = textWidth(name, TITLE, true) + (named ? 6 + textWidth(detail, SMALL) : 0);
  const locked = gateway.access !== 'open';
  const notes = [...gateway.servers.map((text) => ({ text, fill: MUTED })), ...gateway.guards.map((text) => ({ text, fill: '#116329' }))];
  const width = Math.ceil(
    Math.max(head + (locked ? 24 : 0), ...notes.map(({ text }) => textWidth(text, SMALL))) + 2 * PAD,
  );
  const lines = notes.map(
    ({ text, fill }, index) => `<text x="${PAD}" y="${47 + index * 17}" font-size="${SMALL}" fill="${fill}">${escapeXml(text)}</text>`,
  );
  const parts = [title(name, detail), ...lines, ...(locked ? [lock(width - PAD - 12, 11, gateway.access)] : [])];
  return boxed(width, 40 + notes.length * 17, '#ddf4ff', '#0969da', parts);
}

/** A host outside the mesh. */
export function externalCard(external: ExternalNode): Card {
  const ports = external.ports.map((port) => `:${port}`).join(' ');
  const noteWidth = Math.max(0, ...external.notes.map((note) => textWidth(note, SMALL)));
  const width = Math.ceil(Math.max(textWidth(external.host, TITLE, true) + 6 + textWidth(ports, SMALL), noteWidth) + 2 * PAD);
  const lines = external.notes.map(
    (note, index) => `<text x="${PAD}" y="${43 + index * 17}" font-size="${SMALL}" fill="${MUTED}">${escapeXml(note)}</text>`,
  );
  return boxed(width, 36 + external.notes.length * 17, '#f6f8fa', MUTED, [title(external.host, ports), ...lines], '5 4');
}

function chipOf(version: VersionNode): Card {
  const active = version.percent !== undefined && version.percent > 0;
  const idle = version.byRule ? 'by rule' : 'no traffic';
  const below = active ? `${Number(version.percent.toFixed(1))} %` : version.mirrored === undefined ? idle : `copy ${version.mirrored} %`;
  const width = Math.ceil(Math.max(textWidth(version.name, 13, true), textWidth(below, 11)) + 16);
  const [fill, stroke, ink] = active
    ? ['#dafbe1', '#1a7f37', '#116329']
    : version.mirrored === undefined
      ? ['#f6f8fa', '#d0d7de', MUTED]
      : ['#fbefff', '#8250df', '#6639ba'];
  const dash = active ? '' : ' stroke-dasharray="4 3"';
  // The bar along the lower edge is as long as the share is large.
  const bar = active
    ? `<rect x="1" y="${CHIP - 4}" width="${(((width - 2) * version.percent) / 100).toFixed(1)}" height="3" rx="1.5" fill="${stroke}"/>`
    : '';
  return {
    width,
    height: CHIP,
    svg:
      `<rect width="${width}" height="${CHIP}" rx="6" fill="${fill}" stroke="${stroke}"${dash}/>${bar}` +
      `<text x="${width / 2}" y="15" text-anchor="middle" font-size="13" font-weight="600" fill="${ink}">${escapeXml(version.name)}</text>` +
      `<text x="${width / 2}" y="29" text-anchor="middle" font-size="11" fill="${ink}">${below}</text>`,
  };
}

function title(name: string, detail: string): string {
  const small = detail ? ` <tspan font-size="${SMALL}" font-weight="400" fill="${MUTED}">${escapeXml(detail)}</tspan>` : '';
  return `<text x="${PAD}" y="24" font-size="${TITLE}" font-weight="600" fill="${INK}">${escapeXml(name)}${small}</text>`;
}

function badgeSvg(x: number, text: string, mode: ServiceNode['mtls']): string {
  const width = textWidth(text, 10.5) + 8;
  const [fill, ink] = mode === 'STRICT' ? ['#dafbe1', '#116329'] : mode === 'PERMISSIVE' ? ['#f6f8fa', MUTED] : ['#ffebe9', '#a40e26'];
  const position = x.toFixed(1);
  return (
    `<rect x="${position}" y="11" width="${width.toFixed(1)}" height="17" rx="8.5" fill="${fill}"/>` +
    `<text x="${(x + width / 2).toFixed(1)}" y="23" text-anchor="middle" font-size="10.5" fill="${ink}">${text}</text>`
  );
}

/** A padlock: some get in, or nobody. */
export function lock(x: number, y: number, access: Access): string {
  const colour = access === 'closed' ? '#cf222e' : '#1a7f37';
  return (
    `<g transform="translate(${x.toFixed(1)} ${y})"><path d="M3 7V5a3 3 0 0 1 6 0v2" fill="none" stroke="${colour}" stroke-width="1.6"/>` +
    `<rect x="1" y="7" width="10" height="8" rx="1.8" fill="${colour}"/></g>`
  );
}

function boxed(width: number, height: number, fill: string, stroke: string, parts: readonly string[], dash?: string): Card {
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return {
    width,
    height,
    svg: `<rect width="${width}" height="${height}" rx="9" fill="${fill}" stroke="${stroke}" stroke-width="1.4"${dashes}/>${parts.join('')}`,
  };
}
