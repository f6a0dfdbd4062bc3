import { checkEnvironment, environmentNames, loadEnvironment } from "../environments";
import { buildEnvironment } from "../stacks";
import { StackJson, synthApp } from "./synth";

const CASES = [
  { environment: "local", flavor: "helm" },
  { environment: "dev", flavor: "helm" },
  { environment: "dev", flavor: "addon" },
  { environment: "prod", flavor: "helm" },
  { environment: "prod", flavor: "addon" },
] as const;

const synthesized = new Map<string, Record<string, StackJson>>();

function stacksOf(
  environment: string,
  flavor: string
): Record<string, StackJson> {
  const key = `${environment} ${flavor}`;
  let stacks = synthesized.get(key);
  if (!stacks) {
    stacks = synthApp((app) =>
      buildEnvironment(app, loadEnvironment(environment, { flavor }))
    );
    synthesized.set(key, stacks);
  }
  return stacks;
}

describe.each(CASES)(
  "$environment with Istio by $flavor",
  ({ environment, flavor }) => {
    const stacks = stacksOf(environment, flavor);

    test.each(Object.keys(stacks))("%s", (name) => {
      expect(stacks[name]).toMatchSnapshot();
    });

    test("no stack holds both the cluster and a provider that needs it", () => {
      for (const [name, stack] of Object.entries(stacks)) {
        const providers = Object.keys(stack.provider ?? {});
        const holdsCluster =
          stack.resource?.azurerm_kubernetes_cluster !== undefined;
        expect({
          name,
          mixed:
            holdsCluster &&
            providers.some((provider) => provider !== "azurerm"),
        }).toEqual({ name, mixed: false });
      }
    });

    test("nothing crosses stacks but plain strings", () => {
      expect(JSON.stringify(stacks)).not.toMatch(
        /terraform_remote_state|cross-stack-output/
      );
    });

    test("no key, token or kubeconfig content is written", () => {
      expect(JSON.stringify(stacks)).not.toMatch(
        /client_key|client_certificate"|kube_admin_config|password|access_key|sas_token/
      );
    });
  }
);

test("every environment is covered by a case", () => {
  expect([...new Set(CASES.map(({ environment }) => environment))]).toEqual(
    environmentNames()
  );
});

test("bookinfo and traffic differ between the flavours only in what the mesh tells them", () => {
  const helm = JSON.stringify(stacksOf("dev", "helm")["dev-traffic"]);
  const addon = JSON.stringify(stacksOf("dev", "addon")["dev-traffic"]);
  expect(helm).toContain("istio: ingress");
  expect(addon).toContain("istio: aks-istio-ingressgateway-external");
  expect(
    addon.replaceAll("aks-istio-ingressgateway-external", "ingress").length
  ).not.toBe(addon.length);
});

test("logical ids of stateful resources stay as they are: a change replaces the resource", () => {
  const cluster = stacksOf("dev", "helm")["dev-cluster"]!;
  const ids = Object.entries(cluster.resource ?? {}).flatMap(([type, byId]) =>
    Object.keys(byId).map((id) => `${type}.${id}`)
  );
  expect(ids.sort()).toMatchInlineSnapshot(`
    [
      "azurerm_kubernetes_cluster.Cluster_EB0386A7",
      "azurerm_kubernetes_cluster_node_pool.Cluster_UserPool_B7E389B0",
      "azurerm_public_ip.Cluster_IngressIp_E88BDA51",
      "azurerm_resource_group.Cluster_ResourceGroup_CFE37354",
      "azurerm_role_assignment.Cluster_Administrators_ClusterAdmin-00000000-0000-0000-0000-000000000000_816EA3A0",
      "azurerm_role_assignment.Cluster_Administrators_ClusterUser-00000000-0000-0000-0000-000000000000_85E4E681",
      "azurerm_role_assignment.Cluster_Identity_NetworkContributor_164B6F9D",
      "azurerm_subnet.Cluster_Network_NodeSubnet_D6E9E9EF",
      "azurerm_user_assigned_identity.Cluster_Identity_E66962C5",
      "azurerm_virtual_network.Cluster_Network_A5E2F637",
    ]
  `);
});

test.each(["helm", "addon"])("by %s, the Gateway API is for clusters that say they have it", (flavor) => {
  const dev = loadEnvironment("dev", { flavor });
  const build = (gatewayApi?: "managed") => {
    const cluster = { ...dev.cluster, ...(gatewayApi && { gatewayApi }) };
    const traffic = { ...dev.traffic, scenario: "gateway-api-ingress" };
    let built: unknown;
    const stacks = synthApp((app) => {
      built = buildEnvironment(app, checkEnvironment({ ...dev, cluster, traffic }, "environments/dev.ts")).mesh.gatewayApi;
    });
    return { gatewayApi: built, traffic: JSON.stringify(stacks["dev-traffic"]) };
  };
  expect(() => build()).toThrow(/environments\/dev\.ts: traffic\.scenario.*'managed' on AKS/);
  const { gatewayApi, traffic } = build("managed");
  expect(gatewayApi).toEqual({ version: "1.4.1", channel: "standard" });
  expect(traffic).toContain("gatewayClassName: istio");
  // An AKS cluster has load balancers; a revision has to be named to make the gateway.
  expect(traffic).not.toContain("networking.istio.io/service-type");
  expect(traffic.includes("istio.io/rev: asm-1-30")).toBe(flavor === "addon");
});

test.each([
  ["gateway-api-ingress", ["bookinfo-istio", "way-out"]],
  ["egress-blocked", expect.not.arrayContaining(["way-out"])],
])("in production, pods leave the cluster unless the scenario says otherwise: %s", (scenario, expected) => {
  const prod = loadEnvironment("prod");
  const cluster = { ...prod.cluster, gatewayApi: "managed" };
  const environment = checkEnvironment({ ...prod, cluster, traffic: { ...prod.traffic, scenario } }, "environments/prod.ts");
  const { resource } = synthApp((app) => buildEnvironment(app, environment))["prod-traffic"]!;
  const policies = Object.values(resource?.kubernetes_network_policy_v1 ?? {}) as { metadata: { name: string } }[];
  expect(policies.length).toBeGreaterThan(0);
  expect(policies.map(({ metadata }) => metadata.name).sort()).toEqual(expected);
});
