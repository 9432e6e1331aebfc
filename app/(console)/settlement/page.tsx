import { redirect } from "next/navigation";

/** The section opens with the month. */
export default function Page() {
  redirect("/settlement/calendar");
}
