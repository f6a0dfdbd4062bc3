import type { Call } from './call';
import { deliver, Delivery, headlessNote, stickyBy, stickyNote, Target, targetsOf } from './destinations';
import type { Layer4Route } from './layer4';
import { answeredByMesh, Base, delivered } from './outcome';
import { queryOf, split } from './path';
import { sourceOf } from './policy-scope';
import { DEFAULT_RETRIES } from './route-action';
import { mismatch } from './route-match';
import { fieldOf, VirtualHost } from './route-table';
import { followRoute } from './routed';
import type { PolicyVerdict, ResolvedCall, Simulation } from './simulation';
import type { Token } from './tokens';

/** Finds the line of a table that takes the request, and follows it. */
export function route(
  delivery: Delivery,
  host: VirtualHost,
  port: number,
  claims: Token['claims'] | undefined,
  gatewayPolicy?: PolicyVerdict,
): Simulation {
  const { resolved } = delivery.call;
  if (host.lines.length === 0 && host.service) {
    return directly(delivery, `no VirtualService that the caller sees routes for ${host.service.host}: the Service's own route`);
  }
  const input = { ...resolved, headers: delivery.headers, path: split(resolved.path)[0], query: queryOf(resolved.path), claims };
  const tried: string[] = [];
  for (const line of host.lines) {
    const reason = line.match && mismatch(line.match, input, line.virtualService.gatewayApi);
    if (reason === undefined) {
      return followRoute({ ...baseOf(delivery.call), tried }, delivery, line, port, gatewayPolicy);
    }
    tried.push(`${sourceOf(line.placed.object, '').title} ${fieldOf(line)}: ${reason}`);
  }
  const titles = new Set(host.lines.map((line) => sourceOf(line.virtualService.object, '').title));
  const summary = `no route of ${[...titles].join(', ')} takes ${resolved.method} ${resolved.path}: 404`;
  return answeredByMesh({ ...baseOf(delivery.call), tried }, 'failed', summary, { status: 404, policy: gatewayPolicy });
}

/** To the Service that is called, without a route. */
export function directly(delivery: Delivery, why: string): Simulation {
  const { call } = delivery;
  const target: Target = { destination: { host: call.service?.host ?? call.resolved.to, port: { number: call.resolved.port } }, percent: 100 };
  const sticky = stickyBy(delivery, target.destination);
  const base = { ...baseOf(call), route: { name: 'default', why } };
  const notes = [sticky && stickyNote(sticky), headlessNote(delivery, [target])].filter((note) => note !== undefined);
  const assumptions = [...base.assumptions, ...notes];
  const retries = call.proxy.kind === 'none' || call.resolved.protocol === 'tcp' ? undefined : DEFAULT_RETRIES;
  return delivered({ ...base, assumptions }, deliver(delivery, target), { retries });
}

/** By a TCP or TLS route. */
export function layer4(delivery: Delivery, found: Layer4Route, gatewayPolicy?: PolicyVerdict): Simulation {
  const targets = targetsOf(found.targets);
  const destinations = targets.flatMap((target) => deliver(delivery, target));
  const base = baseOf(delivery.call);
  const note = headlessNote(delivery, targets);
  const assumptions = note ? [...base.assumptions, note] : base.assumptions;
  return delivered({ ...base, route: found.route, assumptions }, destinations, {}, gatewayPolicy);
}

/** What every answer to a call has. */
export function baseOf(call: Call): Base & { readonly call: ResolvedCall } {
  return { call: call.resolved, assumptions: call.assumptions, tried: [] };
}
