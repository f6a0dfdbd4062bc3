import { capList, escapeXml, fitText, textWidth } from './text';
import type { Access, CallersNode, ExternalNode, GatewayNode, Restriction, ServiceNode, VersionNode } from './topology';

/** A drawn box: its size, and its picture with the origin at its upper left. */
export interface Card {
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}

/** A line in a card. */
interface Note {
  readonly text: string;
  readonly colour: string;
}

/** Services from which on pictures are compact. */
export const MANY = 13;
const TITLE = 15;
const SMALL = 11.5;
const PAD = 12;
const CHIP = 36;
const LINE = 16;
/** Pixels of text in a line of a card. */
const NOTE_WIDTH = 330;
/** Lines of one sort that a card shows. */
const MOST_NOTES = 5;

/**
 * A service: its name and ports, a chip a version with its share, its rules and its faults.
 * @param named whether to say its namespace
 */
export function serviceCard(service: ServiceNode, named: boolean): Card {
  const ports = [capList(service.ports.map((port) => `:${port}`), 2).join(' '), ...(named ? [service.namespace] : [])].join(' ');
  const badge = badgeText(service.mtls);
  const titleWidth = textWidth(service.name, TITLE, true) + 6 + textWidth(ports, SMALL);
  const badgeWidth = textWidth(badge, 10.5) + 12;
  const lockWidth = service.access === 'open' ? 0 : 18;
  const chips = service.versions.map(chipOf);
  const chipsWidth = chips.reduce((sum, chip) => sum + chip.width + 6, -6);
  const notes = [...notesOf(service.rules, 'blue'), ...notesOf(service.faults, 'orange'), ...restrictionNotes(service)];
  const width = Math.ceil(Math.max(130, titleWidth + 14 + badgeWidth + lockWidth, chipsWidth, widest(notes)) + 2 * PAD);
  const parts = [title(service.name, ports), badgeSvg(width - PAD - lockWidth - badgeWidth + 4, badge, service.mtls)];
  if (lockWidth > 0) {
    parts.push(lock(width - PAD - 12, 11, service));
  }
  let x = PAD;
  for (const chip of chips) {
    parts.push(`<g transform="translate(${x} 36)">${chip.svg}</g>`);
    x += chip.width + 6;
  }
  const top = 36 + (chips.length > 0 ? CHIP + 8 : 0);
  return boxed(width, top + notes.length * LINE + 4, classOf(service), [...parts, noteLines(notes, top)]);
}

/** The class of a service's box. */
export function classOf(service: ServiceNode): string {
  return service.faults.length > 0 ? 'faulty' : service.access === 'closed' ? 'closed' : 'card';
}

/**
 * A gateway: the Gateway objects and what they listen for.
 * @param named whether to say its namespace
 */
export function gatewayCard(gateway: GatewayNode, named: boolean): Card {
  const name = fitText(gateway.names.map((full) => full.split('/')[1]).join(', '), TITLE, NOTE_WIDTH, true);
  const detail = named ? gateway.namespace : '';
  const head = textWidth(name, TITLE, true) + (named ? 6 + textWidth(detail, SMALL) : 0);
  const locked = gateway.access !== 'open';
  const notes = [...notesOf(gateway.servers, 'muted'), ...restrictionNotes(gateway)];
  const width = Math.ceil(Math.max(head + (locked ? 24 : 0), widest(notes)) + 2 * PAD);
  const parts = [title(name, detail), noteLines(notes, 34), ...(locked ? [lock(width - PAD - 12, 11, gateway)] : [])];
  return boxed(width, 40 + notes.length * LINE, 'gateway', parts);
}

/** A host outside the mesh. */
export function externalCard(external: ExternalNode): Card {
  const ports = capList(external.ports.map((port) => `:${port}`), 2).join(' ');
  const host = fitText(external.host, TITLE - 1, NOTE_WIDTH, true);
  const notes = notesOf(external.notes, 'muted');
  const width = Math.ceil(Math.max(textWidth(host, TITLE - 1, true) + 6 + textWidth(ports, SMALL), widest(notes)) + 2 * PAD);
  return boxed(width, 36 + notes.length * LINE, 'external', [title(host, ports, TITLE - 1), noteLines(notes, 32)], '5 4');
}

/** Whoever may call a host outside. */
export function callersCard(callers: CallersNode): Card {
  const width = Math.ceil(textWidth(callers.text, 12.5) + 28);
  const text = `<text class="muted" x="${width / 2}" y="18" text-anchor="middle" font-size="12.5" font-style="italic">${escapeXml(callers.text)}</text>`;
  return { width, height: 28, svg: `<rect class="external" width="${width}" height="28" rx="14" stroke-dasharray="2 3"/>${text}` };
}

function restrictionNotes({ allows, guards, denials, trials }: Restriction): Note[] {
  return [
    ...notesOf(allows.map((text) => `allows ${text}`), 'green'),
    ...notesOf(guards, 'green'),
    ...notesOf(denials, 'red'),
    ...notesOf(trials, 'muted'),
  ];
}

function notesOf(texts: readonly string[], colour: string): Note[] {
  return capList(texts, MOST_NOTES).map((text) => ({ text: fitText(text, SMALL, NOTE_WIDTH), colour }));
}

function widest(notes: readonly Note[]): number {
  return Math.max(0, ...notes.map(({ text }) => textWidth(text, SMALL)));
}

function noteLines(notes: readonly Note[], top: number): string {
  return notes
    .map(({ text, colour }, index) => `<text class="${colour}" x="${PAD}" y="${top + 11 + index * LINE}" font-size="${SMALL}">${escapeXml(text)}</text>`)
    .join('');
}

/** How a version is drawn: the class, what stands below its name, and whether its edge is dashed. */
export function versionLook(version: VersionNode): { kind: 'active' | 'idle' | 'copied'; text: string } {
  const { percent, mirrored, byRule } = version;
  if (percent !== undefined && percent > 0) {
    return { kind: 'active', text: `${Number(percent.toFixed(1))} %` };
  }
  return mirrored === undefined
    ? { kind: 'idle', text: byRule ? 'by rule' : 'no traffic' }
    : { kind: 'copied', text: `copy ${Number(mirrored.toFixed(1))} %` };
}

/** Class of the text on a version. */
export const CHIP_INK = { active: 'green', idle: 'muted', copied: 'violet' } as const;

function chipOf(version: VersionNode): Card {
  const { kind, text } = versionLook(version);
  const name = fitText(version.name, 13, 110, true);
  const width = Math.ceil(Math.max(textWidth(name, 13, true), textWidth(text, 11)) + 16);
  const dash = kind === 'active' ? '' : ' stroke-dasharray="4 3"';
  // The bar along the lower edge is as long as the share is large.
  const bar =
    kind === 'active'
      ? `<rect class="share" x="1" y="${CHIP - 4}" width="${(((width - 2) * (version.percent ?? 0)) / 100).toFixed(1)}" height="3" rx="1.5"/>`
      : '';
  return {
    width,
    height: CHIP,
    svg:
      `<rect class="${kind}" width="${width}" height="${CHIP}" rx="6"${dash}/>${bar}<g class="${CHIP_INK[kind]}" text-anchor="middle">` +
      `<text x="${width / 2}" y="15" font-size="13" font-weight="600">${escapeXml(name)}</text><text x="${width / 2}" y="28" font-size="11">${text}</text></g>`,
  };
}

function title(name: string, detail: string, size = TITLE): string {
  const small = detail ? ` <tspan class="muted" font-size="${SMALL}" font-weight="400">${escapeXml(detail)}</tspan>` : '';
  return `<text class="ink" x="${PAD}" y="24" font-size="${size}" font-weight="600">${escapeXml(name)}${small}</text>`;
}

/** What is said of the connections that a service takes. */
export function badgeText(mode: ServiceNode['mtls']): string {
  return { STRICT: 'mTLS', PERMISSIVE: 'mTLS optional', DISABLE: 'plaintext', none: 'no sidecar' }[mode];
}

/** A badge about the connections that a service takes. */
export function badgeSvg(x: number, text: string, mode: ServiceNode['mtls'], y = 11): string {
  const width = textWidth(text, 10.5) + 8;
  const [fill, ink] = mode === 'STRICT' ? ['active', 'green'] : mode === 'PERMISSIVE' ? ['soft', 'muted'] : ['bad', 'red'];
  return (
    `<rect class="${fill}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="17" rx="8.5" stroke-width="0"/>` +
    `<text class="${ink}" x="${(x + width / 2).toFixed(1)}" y="${y + 12}" text-anchor="middle" font-size="10.5">${text}</text>`
  );
}

/** What padlocks look like, for the definitions of a picture. */
export const LOCK = '<g id="lock"><path fill="none" d="M3 7V5a3 3 0 0 1 6 0v2" stroke-width="1.6"/><rect x="1" y="7" width="10" height="8" rx="1.8" stroke="none"/></g>';

/** A padlock: some get in, or nobody. Its tooltip names the policies. */
export function lock(x: number, y: number, { access, policies = [] }: { readonly access: Access; readonly policies?: readonly string[] }): string {
  return `<use href="#lock" class="lock-${access}" x="${Math.round(x)}" y="${y}"><title>${escapeXml(policies.join(', ') || access)}</title></use>`;
}

/** A box with what is in it. */
export function boxed(width: number, height: number, kind: string, parts: readonly string[], dash?: string): Card {
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return { width, height, svg: `<rect class="${kind}" width="${width}" height="${height}" rx="8" stroke-width="1.3"${dashes}/>${parts.join('')}` };
}
