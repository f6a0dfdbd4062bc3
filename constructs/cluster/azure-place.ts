/** Where an Azure resource of ours lives. */
export interface AzurePlace {
  /** Name of its resource group. */
  readonly resourceGroupName: string;
  /** Azure region. */
  readonly location: string;
  /** Azure tags. @default none */
  readonly tags?: Record<string, string>;
  /** Whether Terraform refuses to destroy it. @default false */
  readonly preventDestroy?: boolean;
}
