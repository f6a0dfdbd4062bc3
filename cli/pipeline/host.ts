import { CliError } from '../errors';

/** A pull request, or an issue tracker, that a plan can be written to. */
export interface CommentHost {
  /** Writes the comment of an environment, over the one that is there. @returns its address */
  upsertComment(marker: string, body: string): Promise<string>;
}

/** Where drift is reported. */
export interface IssueHost {
  /** Opens the issue of an environment's drift, or writes over the one that is open. @returns its address */
  openIssue(marker: string, title: string, body: string): Promise<string>;
  /** Closes it where one is open. @returns its address, or nothing */
  closeIssue(marker: string, comment: string): Promise<string | undefined>;
}

interface Comment {
  readonly id: number;
  readonly body?: string | null;
  readonly html_url: string;
}

interface Issue extends Comment {
  readonly number: number;
}

/** Label of the issues that report drift. */
const DRIFT_LABEL = 'drift';

/** GitHub, by the token that it gives to a job. @see https://docs.github.com/rest/issues/comments */
export class GitHubHost implements CommentHost, IssueHost {
  private constructor(
    private readonly repository: string,
    private readonly request: Request,
    private readonly pullRequest?: number,
  ) {}

  /** @throws CliError where the job is not GitHub's, or its token was not handed over */
  static fromEnvironment(env: NodeJS.ProcessEnv): GitHubHost {
    const { GITHUB_REPOSITORY, GITHUB_TOKEN, GITHUB_API_URL = 'https://api.github.com', GITHUB_REF = '' } = env;
    if (!GITHUB_REPOSITORY || !GITHUB_TOKEN) {
      throw new CliError('GitHub cannot be written to', 'GITHUB_REPOSITORY and GITHUB_TOKEN are not both set', ['In the workflow: env: { GITHUB_TOKEN: ${{ github.token }} }']);
    }
    const headers = { authorization: `Bearer ${GITHUB_TOKEN}`, accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
    const number = /^refs\/pull\/(\d+)\//.exec(GITHUB_REF)?.[1];
    return new GitHubHost(GITHUB_REPOSITORY, requester(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`, headers), number === undefined ? undefined : Number(number));
  }

  async upsertComment(marker: string, body: string): Promise<string> {
    if (this.pullRequest === undefined) {
      throw new CliError('there is no pull request to comment on', `This run of ${this.repository} belongs to none`, ['Leave out --to']);
    }
    const existing = await this.find<Comment>(`/issues/${this.pullRequest}/comments`, marker);
    const written = existing
      ? await this.request<Comment>('PATCH', `/issues/comments/${existing.id}`, { body })
      : await this.request<Comment>('POST', `/issues/${this.pullRequest}/comments`, { body });
    return written.html_url;
  }

  async openIssue(marker: string, title: string, body: string): Promise<string> {
    const existing = await this.openDriftIssue(marker);
    const written = existing
      ? await this.request<Issue>('PATCH', `/issues/${existing.number}`, { title, body })
      : await this.request<Issue>('POST', '/issues', { title, body, labels: [DRIFT_LABEL] });
    return written.html_url;
  }

  async closeIssue(marker: string, comment: string): Promise<string | undefined> {
    const existing = await this.openDriftIssue(marker);
    if (!existing) {
      return undefined;
    }
    await this.request('POST', `/issues/${existing.number}/comments`, { body: comment });
    await this.request('PATCH', `/issues/${existing.number}`, { state: 'closed', state_reason: 'completed' });
    return existing.html_url;
  }

  private openDriftIssue(marker: string): Promise<Issue | undefined> {
    return this.find<Issue>(`/issues?state=open&labels=${DRIFT_LABEL}`, marker);
  }

  /** The first of a list, page by page, whose text begins with the marker. */
  private async find<T extends Comment>(path: string, marker: string): Promise<T | undefined> {
    const size = 100;
    for (let page = 1; ; page += 1) {
      const list = await this.request<T[]>('GET', `${path}${path.includes('?') ? '&' : '?'}per_page=${size}&page=${page}`);
      const found = list.find(({ body }) => body?.startsWith(marker));
      if (found || list.length < size) {
        return found;
      }
    }
  }
}

interface Thread {
  readonly id: number;
  readonly isDeleted?: boolean;
  readonly comments: readonly { readonly id: number; readonly content?: string }[];
}

/** Azure DevOps, by the token of its job. @see https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads */
export class AzureDevOpsHost implements CommentHost {
  private constructor(
    private readonly request: Request,
    private readonly address: string,
  ) {}

  /** @throws CliError where the job is not Azure DevOps', has no pull request, or was not given its token */
  static fromEnvironment(env: NodeJS.ProcessEnv): AzureDevOpsHost {
    const { SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_REPOSITORY_ID, BUILD_REPOSITORY_NAME, SYSTEM_ACCESSTOKEN } = env;
    const id = env.SYSTEM_PULLREQUEST_PULLREQUESTID;
    if (!SYSTEM_COLLECTIONURI || !SYSTEM_TEAMPROJECT || !BUILD_REPOSITORY_ID || !id || !SYSTEM_ACCESSTOKEN) {
      throw new CliError('Azure DevOps cannot be written to', 'The run belongs to no pull request, or SYSTEM_ACCESSTOKEN is not set', [
        'In the pipeline: env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }',
      ]);
    }
    const base = `${SYSTEM_COLLECTIONURI.replace(/\/$/, '')}/${encodeURIComponent(SYSTEM_TEAMPROJECT)}`;
    const threads = `${base}/_apis/git/repositories/${BUILD_REPOSITORY_ID}/pullRequests/${id}/threads`;
    const headers = { authorization: `Bearer ${SYSTEM_ACCESSTOKEN}`, accept: 'application/json' };
    return new AzureDevOpsHost(requester(threads, headers), `${base}/_git/${encodeURIComponent(BUILD_REPOSITORY_NAME ?? BUILD_REPOSITORY_ID)}/pullrequest/${id}`);
  }

  async upsertComment(marker: string, body: string): Promise<string> {
    const version = 'api-version=7.1';
    const { value } = await this.request<{ value: Thread[] }>('GET', `?${version}`);
    const existing = value.find((thread) => !thread.isDeleted && thread.comments[0]?.content?.startsWith(marker));
    const comment = existing?.comments[0];
    if (existing && comment) {
      await this.request('PATCH', `/${existing.id}/comments/${comment.id}?${version}`, { content: body });
    } else {
      // Status 4 is `closed`: a plan is no question that somebody has to answer before the merge.
      await this.request('POST', `?${version}`, { comments: [{ parentCommentId: 0, content: body, commentType: 1 }], status: 4 });
    }
    return this.address;
  }
}

type Request = <T = unknown>(method: string, path: string, body?: object) => Promise<T>;

const TIMEOUT_MILLISECONDS = 30_000;

function requester(base: string, headers: Readonly<Record<string, string>>): Request {
  return async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    if (!answer.ok) {
      throw new CliError(`${method} ${base}${path}: ${answer.status} ${answer.statusText}`, (await answer.text()).slice(0, 400), [
        'Has the job the permission? GitHub: pull-requests: write or issues: write. Azure DevOps: the build service may contribute to pull requests',
      ]);
    }
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  };
}
