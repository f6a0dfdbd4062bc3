import { badgeText, boxed, Card, CHIP_INK, classOf, lock, versionLook } from './card';
import { capList, escapeXml, fitText, textWidth } from './text';
import type { ExternalNode, GatewayNode, ServiceNode, VersionNode } from './topology';

const TITLE = 12.5;
const SMALL = 10.5;
const PAD = 9;
const CHIP = 16;
const LINE = 14;
const MOST_NOTES = 2;
const NOTE_WIDTH = 150;

/**
 * A service in a picture of many: its name, its versions in a line, and the first of its rules and faults.
 * @param usual mode of connections that goes without saying
 * @param colour class of its namespace; without one, the namespace is written out
 */
export function compactServiceCard(service: ServiceNode, usual: ServiceNode['mtls'], colour?: string): Card {
  const name = fitText(service.name, TITLE, NOTE_WIDTH, true);
  const chips = service.versions.map(chipOf);
  const locked = service.access !== 'open';
  const notes = [
    ...(colour ? [] : [{ text: service.namespace, ink: 'muted' }]),
    ...capList(service.rules, MOST_NOTES - 1).map((text) => ({ text, ink: 'blue' })),
    ...capList(service.faults, MOST_NOTES - 1).map((text) => ({ text, ink: 'orange' })),
    ...service.guards.slice(0, 1).map((text) => ({ text, ink: 'green' })),
    ...service.denials.slice(0, 1).map((text) => ({ text, ink: 'red' })),
    ...(service.mtls === usual ? [] : [{ text: badgeText(service.mtls), ink: service.mtls === 'STRICT' ? 'green' : service.mtls === 'PERMISSIVE' ? 'muted' : 'red' }]),
  ].map(({ text, ink }) => ({ text: fitText(text, SMALL, NOTE_WIDTH), ink }));
  const left = PAD + (colour ? 4 : 0);
  const inner = Math.max(
    72,
    textWidth(name, TITLE, true) + (locked ? 17 : 0),
    chips.reduce((sum, chip) => sum + chip.width + 4, -4),
    ...notes.map(({ text }) => textWidth(text, SMALL)),
  );
  const width = Math.ceil(inner + left + PAD);
  const parts = [
    ...(colour ? [`<rect class="${colour}" x="4" y="5" width="3.5" rx="1.7" height="${16 + (chips.length > 0 ? CHIP + 4 : 0)}"/>`] : []),
    `<text class="ink" x="${left}" y="17" font-size="${TITLE}" font-weight="600">${escapeXml(name)}</text>`,
    ...(locked ? [lock(width - PAD - 11, 4, service)] : []),
  ];
  let x = left;
  for (const chip of chips) {
    parts.push(`<g transform="translate(${x} 24)">${chip.svg}</g>`);
    x += chip.width + 4;
  }
  let y = chips.length > 0 ? 24 + CHIP + 6 : 26;
  for (const { text, ink } of notes) {
    parts.push(`<text class="${ink}" x="${left}" y="${y + 9}" font-size="${SMALL}">${escapeXml(text)}</text>`);
    y += LINE;
  }
  return boxed(width, y + 1, classOf(service), parts);
}

/** A gateway in a picture of many. */
export function compactGatewayCard(gateway: GatewayNode, colour?: string): Card {
  const name = fitText(gateway.names.map((full) => full.split('/')[1]).join(', '), TITLE, 2 * NOTE_WIDTH, true);
  const notes = [...(colour ? [] : [gateway.namespace]), ...capList(gateway.servers, MOST_NOTES)].map((text) => fitText(text, SMALL, 2 * NOTE_WIDTH));
  const locked = gateway.access !== 'open';
  const left = PAD + (colour ? 4 : 0);
  const width = Math.ceil(Math.max(textWidth(name, TITLE, true) + (locked ? 17 : 0), ...notes.map((text) => textWidth(text, SMALL))) + left + PAD);
  return boxed(width, 26 + notes.length * LINE, 'gateway', [
    ...(colour ? [`<rect class="${colour}" x="4" y="5" width="3.5" rx="1.7" height="16"/>`] : []),
    `<text class="ink" x="${left}" y="17" font-size="${TITLE}" font-weight="600">${escapeXml(name)}</text>`,
    ...notes.map((text, index) => `<text class="muted" x="${left}" y="${32 + index * LINE}" font-size="${SMALL}">${escapeXml(text)}</text>`),
    ...(locked ? [lock(width - PAD - 11, 4, gateway)] : []),
  ]);
}

/** A host outside in a picture of many. */
export function compactExternalCard(external: ExternalNode): Card {
  const host = fitText(external.host, 11.5, 2 * NOTE_WIDTH, true);
  const width = Math.ceil(textWidth(host, 11.5, true) + 2 * PAD);
  const text = `<text class="ink" x="${PAD}" y="16.5" font-size="11.5" font-weight="600">${escapeXml(host)}</text>`;
  return boxed(width, 25, 'external', [text], '4 3');
}

/** A version and its share in one line; a share of all goes without saying. */
function chipOf(version: VersionNode): Card {
  const { kind, text } = versionLook(version);
  const name = fitText(version.name, SMALL, 80, true);
  const share = version.percent === 100 ? '' : kind === 'active' ? text.replace(' %', '%') : kind === 'copied' ? 'copy' : version.byRule ? 'rule' : 'idle';
  const nameWidth = textWidth(name, SMALL, true);
  const width = Math.ceil(nameWidth + (share ? 4 + textWidth(share, SMALL) : 0) + 10);
  const dash = kind === 'active' ? '' : ' stroke-dasharray="3 2"';
  const tail = share ? `<tspan x="${(9 + nameWidth).toFixed(1)}" font-weight="400">${share}</tspan>` : '';
  return {
    width,
    height: CHIP,
    svg:
      `<rect class="${kind}" width="${width}" height="${CHIP}" rx="4"${dash}/>` +
      `<text class="${CHIP_INK[kind]}" x="5" y="12" font-size="${SMALL}" font-weight="600">${escapeXml(name)}${tail}</text>`,
  };
}
