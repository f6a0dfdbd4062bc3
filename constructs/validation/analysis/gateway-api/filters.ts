import { child, Report } from '../../istio/finding';
import { checkRegex } from '../../istio/rules/common';
import { GatewayObjects, Route, RouteFilter } from './routes';

const SEE = 'https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/';
/** Filters of rules that istiod knows; of those of backends it knows the ones that change headers. */
const HTTP = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'RequestMirror', 'URLRewrite', 'CORS'];
const GRPC = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror'];
const OF_BACKENDS = ['RequestHeaderModifier', 'ResponseHeaderModifier'];

/** What routes ask for beyond matching and sending, and Istio does not do. */
export function analyzeFilters(objects: GatewayObjects): void {
  for (const route of objects.routes.filter(({ kind }) => kind === 'HTTPRoute' || kind === 'GRPCRoute')) {
    const parents = objects.parentsOf(route);
    if (!parents.has('mesh') && !parents.has('gateway')) {
      continue;
    }
    const known = route.kind === 'HTTPRoute' ? HTTP : GRPC;
    (route.spec?.rules ?? []).forEach((rule, index) => {
      const at = child('spec.rules', index);
      checkFilters(objects, route, rule.filters, child(at, 'filters'), known);
      (rule.backendRefs ?? []).forEach(({ filters }, number) => {
        checkFilters(objects, route, filters, `${child(child(at, 'backendRefs'), number)}.filters`, OF_BACKENDS);
      });
      if (rule.sessionPersistence) {
        objects.scope.add('AI2109', 'warning', route, child(at, 'sessionPersistence'), {
          rule: 'Istio does nothing for sessions that a route asks for',
          mend: 'Write a DestinationRule with `loadBalancer.consistentHash` for the Service',
          see: SEE,
        });
      }
    });
    checkExpressions(objects, route);
  }
}

type Filters = readonly RouteFilter[] | undefined;

function checkFilters({ scope }: GatewayObjects, route: Route, filters: Filters, at: string, known: readonly string[]): void {
  (filters ?? []).forEach(({ type }, index) => {
    if (type !== undefined && !known.includes(type)) {
      scope.add('AI2108', 'error', route, child(child(at, index), 'type'), {
        value: type,
        rule: 'Istio has no such filter there, and drops the whole route for it',
        mend: type === 'ExternalAuth' ? 'Write an AuthorizationPolicy with `action: CUSTOM`' : `Write one of ${known.join(', ')}`,
        see: SEE,
      });
    }
  });
}

/** The proxies read expressions as RE2 does, which the API server does not check. */
function checkExpressions({ scope }: GatewayObjects, route: Route): void {
  const report = new Report(route);
  interface Compared {
    readonly type?: string;
    readonly value?: string;
    readonly service?: string;
    readonly method?: string;
  }
  interface Match {
    readonly path?: Compared;
    readonly method?: Compared | string;
    readonly headers?: readonly Compared[];
    readonly queryParams?: readonly Compared[];
  }
  const check = (compared: Compared | undefined, field: string): void => {
    for (const part of compared?.type === 'RegularExpression' ? (['value', 'service', 'method'] as const) : []) {
      if (typeof compared![part] === 'string') {
        checkRegex(report, child(field, part), compared![part]);
      }
    }
  };
  (route.spec?.rules ?? []).forEach((rule, index) =>
    (rule.matches ?? []).forEach((match, number) => {
      const at = child(child(child('spec.rules', index), 'matches'), number);
      const { path, method, headers, queryParams } = match as Match;
      check(path, child(at, 'path'));
      check(typeof method === 'string' ? undefined : method, child(at, 'method'));
      headers?.forEach((header, place) => check(header, child(child(at, 'headers'), place)));
      queryParams?.forEach((param, place) => check(param, child(child(at, 'queryParams'), place)));
    }),
  );
  scope.findings.push(...report.findings);
}
