import { Change, formatChange } from '../engine/differ';
import type { StackPlan } from '../engine/engine';

/** What `aks-istio plan <environment> --json` prints. */
export interface PlanReport {
  readonly environment: string;
  /** Null where no layer could be planned yet. */
  readonly engine: string | null;
  readonly changed: boolean;
  readonly layers: readonly StackPlan[];
}

/** What the comment says of where the plan comes from. */
export interface CommentOrigin {
  /** What was planned, such as a commit. @default left out */
  readonly revision?: string;
  /** Where the log is. @default left out */
  readonly runUrl?: string;
}

/** Longest comment: GitHub takes 65,536 characters, Azure DevOps 150,000. */
const LONGEST = 60_000;

/** Lines of one layer that are shown without unfolding. */
const OPEN_LINES = 40;

/** Line, invisible to readers, by which the comment of an environment is found again. */
export function commentMarker(environment: string): string {
  return `<!-- aks-istio plan ${environment} -->`;
}

/**
 * Reads what `plan --json` printed.
 * @throws Error where it is something else
 */
export function parsePlan(text: string): PlanReport {
  const report = JSON.parse(text) as Partial<PlanReport>;
  if (typeof report.environment !== 'string' || !Array.isArray(report.layers)) {
    throw new Error('not the output of `aks-istio plan <environment> --json`: it has neither environment nor layers');
  }
  return report as PlanReport;
}

/** The plan as a comment in Markdown: what matters first (what is destroyed), one section a layer. */
export function renderPlanComment(report: PlanReport, origin: CommentOrigin = {}): string {
  const head = [commentMarker(report.environment), `### Plan for \`${report.environment}\`: ${summary(report)}`, ...warnings(report)];
  const foot = [`<sub>${footer(report, origin)}</sub>`];
  const room = LONGEST - [...head, ...foot].join('\n').length;
  const sections = report.layers.flatMap((layer) => section(layer));
  return [...head, '', ...cut(sections, room), ...foot, ''].join('\n');
}

/** `3 to create, 1 to update`, over all layers. */
export function summary({ layers }: PlanReport): string {
  const changes = layers.flatMap((layer) => layer.changes);
  const counts = (['create', 'update', 'replace', 'delete'] as const)
    .map((action) => ({ action, count: changes.filter((change) => change.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} to ${action}`);
  const unknown = layers.filter((layer) => layer.unknown !== undefined).length;
  const parts = [...counts, ...(unknown > 0 ? [`${unknown} ${unknown === 1 ? 'layer' : 'layers'} not planned yet`] : [])];
  return parts.length > 0 ? parts.join(', ') : 'no changes';
}

function warnings({ layers }: PlanReport): string[] {
  const lost = layers.flatMap(({ layer, changes }) =>
    changes.filter(({ action }) => action === 'delete' || action === 'replace').map((change) => `- ${change.action} ${code(titleOf(change))} (${layer})`),
  );
  return lost.length === 0 ? [] : ['', '**⚠ This destroys:**', '', ...lost];
}

function section({ layer, changes, unknown }: StackPlan): string[] {
  if (unknown !== undefined) {
    return [`**${layer}**: not planned, its cluster does not exist yet (${code(unknown.split('\n')[0] ?? '')})`, ''];
  }
  if (changes.length === 0) {
    return [`**${layer}**: no changes`, ''];
  }
  const lines = changes.flatMap((change) => diffLines(change));
  const open = lines.length <= OPEN_LINES ? ' open' : '';
  const title = `<summary><b>${layer}</b>: ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}</summary>`;
  // A blank line ends the HTML, so that what follows is read as Markdown; the fence must be longer than any within.
  const fence = fenceFor(lines);
  return [`<details${open}>${title}`, '', `${fence}diff`, ...lines, fence, '</details>', ''];
}

/** Lines that a diff view colours: `+`, `-` and `!` have to stand first. */
function diffLines(change: Change): string[] {
  const sign = { create: '+', update: '!', delete: '-', replace: '-' }[change.action];
  const [first = '', ...rest] = formatChange({ ...change, title: titleOf(change) });
  const word = change.action === 'replace' ? 'replace ' : '';
  return [`${sign} ${word}${first.replace(/^(\+|~|-\/\+|-) /, '')}`, ...rest.map((line) => `  ${line}`)].map((line) => line.replace(/[\r\n]+/g, ' '));
}

function titleOf({ title, namespace }: Change): string {
  return namespace && !title.includes('/') ? `${title} (${namespace})` : title;
}

function footer({ engine }: PlanReport, { revision, runUrl }: CommentOrigin): string {
  const parts = [
    ...(revision ? [`commit ${code(revision.slice(0, 12))}`] : []),
    ...(engine ? [`engine ${engine}`] : []),
    ...(runUrl ? [`[log](${runUrl})`] : []),
    'what a merge would change, in the order it is applied; this comment is kept up to date',
  ];
  return parts.join(' · ');
}

/** Leaves whole sections out from the end where the comment would be too long for its host. */
function cut(lines: readonly string[], room: number): string[] {
  let length = 0;
  const end = lines.findIndex((line) => {
    length += line.length + 1;
    return length > room - 200;
  });
  if (end < 0) {
    return [...lines];
  }
  const kept = lines.slice(0, end);
  const openFence = kept.findLast((line) => /^`{3,}/.test(line));
  const isOpen = openFence !== undefined && openFence.endsWith('diff');
  return [...kept, ...(isOpen ? [openFence.replace('diff', ''), '</details>', ''] : []), `**Cut here**: ${lines.length - end} more lines are in the log.`, ''];
}

function fenceFor(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => line.match(/`+/g) ?? []).map((ticks) => ticks.length));
  return '`'.repeat(longest + 1);
}

function code(text: string): string {
  const ticks = text.match(/`+/g)?.reduce((longest, run) => Math.max(longest, run.length), 0) ?? 0;
  const fence = '`'.repeat(ticks + 1);
  return ticks > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
