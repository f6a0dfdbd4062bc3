import { reasonOf, Read } from './ask';
import { Finding, findings } from './finding';
import { poolsOf } from './pools';
import { AksSettings, askAz, Subject } from './subject';

const SHOW = 'az feature show --namespace Microsoft.Compute --name EncryptionAtHost --query properties.state';

/** Looks at what has to be switched on once in a subscription before the cluster layer may ask for it. */
export async function checkFeatures(subject: Subject, settings: AksSettings): Promise<Finding[]> {
  if (!poolsOf(settings).some(({ hostEncryption }) => hostEncryption)) {
    return [];
  }
  const of = ['--namespace', 'Microsoft.Compute', '--name', 'EncryptionAtHost', '--query', '{state:properties.state}'];
  return [judgeHostEncryption(await askAz<{ state: string }>(subject, 'feature', 'show', ...of))];
}

/** What is to say of the encryption on the host. */
export function judgeHostEncryption(read: Read<{ readonly state: string }>): Finding {
  const subject = findings('Azure', 'encryption at host');
  const see = 'https://learn.microsoft.com/azure/aks/enable-host-encryption';
  if ('problem' in read) {
    return subject.warning(`could not be read: ${reasonOf(read.problem)}`, { mend: [SHOW], see });
  }
  const { state } = read.value;
  if (state === 'Registered') {
    return subject.ok('is registered in the subscription');
  }
  const wait = [`${SHOW}   # until it says Registered, some minutes`, 'az provider register --namespace Microsoft.Compute'];
  return state === 'Registering'
    ? subject.failure('is being registered in the subscription', { mend: wait, see })
    : subject.failure('is not registered in the subscription, and the nodes ask for it', {
        mend: ['az feature register --namespace Microsoft.Compute --name EncryptionAtHost', ...wait],
        see,
      });
}
