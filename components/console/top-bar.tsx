"use client";

import { IconMenu2, IconSearch } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Fragment } from "react";
import { FreshnessSummary } from "@/components/console/freshness-summary";
import { PastControl } from "@/components/console/past-control";
import { PersonMenu } from "@/components/console/person-menu";
import { crumbsOf } from "@/components/console/places";
import { useMe } from "@/components/console/use-me";
import { Kbd } from "@/components/ui/kbd";
import classes from "./top-bar.module.css";

const RunningWork = dynamic(() => import("@/components/console/running-work").then((work) => work.RunningWork), {
  ssr: false,
});

export interface TopBarProps {
  readonly navigationOpened: boolean;
  readonly onNavigation: () => void;
  readonly onSearch: () => void;
  readonly onKeyList: () => void;
}

/** Where am I, look-up of anything, of when it is, how fresh everything is, who am I. */
export function TopBar({ navigationOpened, onNavigation, onSearch, onKeyList }: TopBarProps) {
  const { can } = useMe();
  return (
    <div className={classes.bar}>
      <button
        type="button"
        className={classes.burger}
        aria-label="Pages"
        aria-expanded={navigationOpened}
        aria-controls="navigation"
        onClick={onNavigation}
      >
        <IconMenu2 size={18} aria-hidden />
      </button>
      <Breadcrumbs />
      <button type="button" className={classes.search} onClick={onSearch} aria-keyshortcuts="Meta+K Control+K">
        <IconSearch size={15} aria-hidden />
        <span className={classes.searchWords}>Look up any id, or go to …</span>
        <span className={classes.searchKeys} aria-hidden>
          <Kbd>mod</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <PastControl />
      {can("ops", "read") && <RunningWork />}
      <FreshnessSummary />
      <PersonMenu onKeyList={onKeyList} />
    </div>
  );
}

function Breadcrumbs() {
  const crumbs = crumbsOf(usePathname());
  return (
    <nav aria-label="You are here" className={classes.crumbs}>
      {crumbs.map(({ title, href }, place) => (
        <Fragment key={title}>
          {place > 0 && <span aria-hidden>/</span>}
          {href === null ? (
            <span className={classes.here} title={title}>
              {title}
            </span>
          ) : (
            <Link href={href}>{title}</Link>
          )}
        </Fragment>
      ))}
    </nav>
  );
}
