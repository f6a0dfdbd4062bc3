/** Where an Azure resource of ours lives. */
export interface AzurePlace {
  readonly resourceGroupName: string;
  readonly location: string;
  /** @default none */
  readonly tags?: Record<string, string>;
  /** Whether Terraform refuses to destroy it. @default false */
  readonly preventDestroy?: boolean;
}
