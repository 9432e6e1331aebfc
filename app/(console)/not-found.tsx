import { PageNotFound } from "@/components/console/page-fault";

export default function NotFoundInConsole() {
  return (
    <PageNotFound>
      What the address names cannot be there: a record's place is source, partition and a whole number.
    </PageNotFound>
  );
}
