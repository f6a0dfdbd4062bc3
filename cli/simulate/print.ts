import { answerOf, explain, ExplanationLine, Hop, renderLines, showPercent, Simulation } from '../../constructs/model';
import { colorsFor } from '../ui/colors';

const pc = colorsFor();

/**
 * An answer as a person wants to read it: the first call in full, the calls that it causes in a line each, with what is not as usual below.
 * @param full whether those calls are explained in full too
 */
export function printSimulation(chain: Hop, choices: readonly string[], full = false): string {
  const explained = explain(chain.simulation);
  const end = explained.findIndex(([label]) => label === 'assumed');
  const lines = end < 0 ? [...explained, ...waitOf(chain)] : [...explained.slice(0, end), ...waitOf(chain), ...explained.slice(end)];
  const chosen = choices.map((text, index) => [index === 0 && !lines.some(([label]) => label === 'assumed') ? 'chosen' : '', text] as const);
  const text = bold(renderLines([...lines, ...chosen]));
  const below = chain.hops.flatMap((hop) => hopLines(hop, 1, full));
  return below.length === 0 ? text : `${text}\n\n${pc.bold('calls that follow')}\n${below.join('\n')}`;
}

function bold(text: string): string {
  return text.replace(/^( *)([a-z]+)/gm, (_, indent: string, label: string) => `${indent}${pc.bold(label)}`);
}

/** How long every such request takes, where faults or timeouts hold it up. */
function waitOf({ seconds, failure, simulation }: Hop): ExplanationLine[] {
  const late = failure !== undefined && simulation.destinations.length > 0 && simulation.destinations.every(({ reached }) => reached);
  return seconds > 0 ? [['wait', `${Number(seconds.toFixed(3))} s in all, by faults and by who waits for them${late ? `; ${failure}` : ''}`]] : [];
}

function hopLines(hop: Hop, depth: number, full: boolean): string[] {
  const { simulation } = hop;
  const { call, fault } = simulation;
  const indent = '  '.repeat(depth);
  const to = call.to.includes('.svc.') ? call.to.split('.')[0] : call.to;
  const what = call.protocol === 'tcp' ? `${to}:${call.port} by ${call.scheme === 'https' ? 'TLS' : 'TCP'}` : `${to} ${call.path}`;
  const share = hop.percent >= 100 - 1e-9 ? '' : ` (${showPercent(hop.percent)} of the requests)`;
  const delay = fault?.delay ? `, delayed by ${fault.delay.seconds} s for ${showPercent(fault.delay.percent)}` : '';
  const failure = hop.failure ? pc.red(`, ${hop.failure}`) : '';
  const first = `${indent}${call.from} -> ${what}${share}: ${answerOf(simulation)}${delay}${failure}`;
  const details = full ? [bold(renderLines(explain(simulation), `${indent}    `)), ''] : deviationsOf(simulation).map((text) => `${indent}    ${text}`);
  return [first, ...details, ...hop.hops.flatMap((next) => hopLines(next, depth + 1, full))];
}

/** What an explanation says beyond the route, where it is not what a mesh does by itself. */
function deviationsOf(simulation: Simulation): string[] {
  const { policy, mtls, mirrors, retries, timeoutSeconds, destinations } = simulation;
  const reasons = new Set(destinations.filter(({ reached }) => !reached).map(({ why }) => why ?? ''));
  const waiting = [
    ...(timeoutSeconds === undefined ? [] : [`timeout ${timeoutSeconds} s`]),
    ...(retries && (retries.attempts !== 2 || retries.perTryTimeoutSeconds !== undefined) ? [`${retries.attempts} retries on ${retries.on}`] : []),
    ...(retries || destinations.every(({ reached }) => !reached) || simulation.call.protocol === 'tcp' ? [] : ['no retries']),
  ];
  const isDenied = policy.verdict === 'deny';
  return [
    ...[...reasons].filter((why) => why !== '' && why !== policy.why && simulation.outcome !== 'answered'),
    ...(isDenied || policy.source ? [`policy: ${policy.why}`] : []),
    ...(mtls?.accepted && mtls.client !== 'mutual' ? [mtls.client === 'tls' ? `TLS: ${mtls.why}` : mtls.why] : []),
    ...(waiting.length > 0 ? [waiting.join(', ')] : []),
    ...mirrors.map(({ percent, versions, host }) => `mirror: ${showPercent(percent)} copied to ${versions.join(', ') || 'nobody'} of ${host.split('.')[0]}`),
    ...simulation.assumptions.map((text) => `assumed: ${text}`),
  ];
}

/** An answer for programs: without the objects themselves, which can be long. */
export function jsonOf(chain: Hop): unknown {
  const simulation = (value: Simulation): unknown =>
    JSON.parse(JSON.stringify(value, (key, member: unknown) => (key === 'object' || key === 'workload' ? undefined : member)));
  const hop = (value: Hop): unknown => ({
    ...(simulation(value.simulation) as object),
    percent: value.percent,
    seconds: value.seconds,
    failure: value.failure,
    hops: value.hops.map(hop),
  });
  return hop(chain);
}
