"use client";

import { PageFault } from "@/components/console/page-fault";

export default function RootError({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  return (
    <main>
      <PageFault digest={error.digest ?? null} onRetry={retry} />
    </main>
  );
}
