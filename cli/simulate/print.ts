import { explain, Hop, renderLines, showPercent, showShares, Simulation } from '../../constructs/model';
import { colorsFor } from '../ui/colors';

const pc = colorsFor();

/** An answer as a person wants to read it: the first call in full, the calls that it causes in a line each. */
export function printSimulation(chain: Hop, choices: readonly string[]): string {
  const lines = explain(chain.simulation).map(([label, text]) => [label === '' ? '' : label, text] as const);
  const chosen = choices.map((text, index) => [index === 0 && !lines.some(([label]) => label === 'assumed') ? 'chosen' : '', text] as const);
  const text = renderLines([...lines, ...chosen])
    .split('\n')
    .map((line) => line.replace(/^([a-z]+)/, (label) => pc.bold(label)))
    .join('\n');
  return chain.hops.length === 0 ? text : `${text}\n\n${pc.bold('calls that follow')}\n${chain.hops.flatMap((hop) => hopLines(hop, 1)).join('\n')}`;
}

function hopLines(hop: Hop, depth: number): string[] {
  const { call, fault } = hop.simulation;
  const share = hop.percent >= 100 - 1e-9 ? '' : ` (${showPercent(hop.percent)} of the requests)`;
  const delay = fault?.delay ? `, delayed by ${fault.delay.seconds} s for ${showPercent(fault.delay.percent)}` : '';
  const failure = hop.failure ? pc.red(`, ${hop.failure}`) : '';
  const line = `${'  '.repeat(depth)}${call.from} -> ${call.to.split('.')[0]} ${call.path}${share}: ${showShares(hop.simulation.shares)}${delay}${failure}`;
  return [line, ...hop.hops.flatMap((next) => hopLines(next, depth + 1))];
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
