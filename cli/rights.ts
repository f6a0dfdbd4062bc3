import { CliError } from './errors';
import { Patience, waitUntil } from './patience';
import type { Session } from './session';
import { CommandError } from './tools/process';

/** What a role or a group that is about to take effect looks like until then. */
const TO_COME = /forbidden|unauthorized|AuthorizationFailed|does not have authorization|must be logged in/i;

/** A new API server's name arrives in DNS a moment after it; that of a private one never does, outside its network. */
const NAME_TO_COME = /no such host/i;

/**
 * Waits until the cluster lets whoever runs this make what the layers above hold. Where it does already, that takes a second.
 * @throws CliError after ten minutes, or at once for what waiting does not mend
 */
export async function waitForRights(session: Session, resume: string, report: (line: string) => void, props: Patience = {}): Promise<string> {
  // Roles that the cluster layer gives to the admin groups take effect within minutes, in Azure and in the cluster.
  const waited = await waitUntil(
    {
      missing: () => refusal(session),
      report: (refused, seconds) => report(`waiting for the roles to take effect, ${seconds} s: ${refused.split('\n')[0]}`),
      giveUp: (refused, seconds) =>
        new CliError(`the cluster of ${session.name} did not let you in within ${seconds} s`, refused, [
          'Are you a member of the admin group, and was the token made after you became one? az login, then:',
          resume,
        ]),
    },
    session.signal,
    props,
  );
  return `given${waited}`;
}

/** Why the cluster refuses us for now; nothing where it does not. */
async function refusal(session: Session): Promise<string | undefined> {
  const { cluster } = session.environment;
  const isPrivate = cluster.kind === 'aks' && cluster.privateApiServer;
  const isToCome = (text: string): boolean => TO_COME.test(text) || (!isPrivate && NAME_TO_COME.test(text));
  try {
    const tools = await session.tools();
    const answer = await tools.kubectl(['auth', 'can-i', 'create', 'namespaces'], { okCodes: [0, 1], timeoutSeconds: 60 });
    const word = answer.stdout.trim().split('\n').at(-1) ?? '';
    if (answer.code === 0 && word.startsWith('yes')) {
      return undefined;
    }
    if (word.startsWith('no') || isToCome(answer.stderr)) {
      return answer.stderr.trim() || 'you may not create namespaces yet';
    }
    throw new CommandError('kubectl auth can-i', answer.code, answer.stdout, answer.stderr);
  } catch (error) {
    const text = error instanceof CliError ? error.why : error instanceof CommandError ? error.stderr : '';
    if (isToCome(text)) {
      return text;
    }
    const next = isPrivate ? ['Its API server answers inside its network only: go on from a machine or a build agent there'] : [];
    throw error instanceof CommandError ? new CliError(`the cluster of ${session.name} does not answer`, error.stderr.trim() || error.message, next) : error;
  }
}
