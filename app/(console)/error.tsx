"use client";

import { PageFault } from "@/components/console/page-fault";

export default function ConsoleError({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  return <PageFault digest={error.digest ?? null} onRetry={retry} />;
}
