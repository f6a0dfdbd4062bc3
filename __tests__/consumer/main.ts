import { App, TerraformStack } from 'cdktf';
import { kubeconfigCluster } from 'aks-istio/cluster';
import { ClusterProviders, existingService } from 'aks-istio/kubernetes';
import { existingMesh, provideMesh } from 'aks-istio/mesh';
import { Duration, Match, MeshService } from 'aks-istio/traffic';

const app = new App();
const stack = new TerraformStack(app, 'shop');
new ClusterProviders(stack, 'Providers', { cluster: kubeconfigCluster({ path: '~/.kube/config', context: 'kind-kind' }) });
provideMesh(stack, existingMesh({ version: '1.29.1' }));

const service = existingService({ name: 'cart', namespace: 'shop', ports: [{ name: 'http', port: 80 }], versions: ['v1', 'v2'] });
const cart = new MeshService(stack, 'Cart', { service });
cart.split({ v1: 90, v2: 10 });
cart.route({ match: Match.header('x-preview').exact('yes'), to: 'v2', timeout: Duration.seconds(2) });
cart.allowFrom({ namespace: 'shop', serviceAccountName: 'web' });

app.synth();
