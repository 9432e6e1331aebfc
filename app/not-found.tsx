import { PageNotFound } from "@/components/console/page-fault";

export default function NotFound() {
  return (
    <main>
      <PageNotFound>
        The page may have moved, or the link was cut. Look up an id, or start from the overview.
      </PageNotFound>
    </main>
  );
}
