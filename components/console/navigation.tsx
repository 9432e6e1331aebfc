"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { iconOfPath } from "@/components/console/icons";
import { useMe } from "@/components/console/use-me";
import { Kbd } from "@/components/ui/kbd";
import type { Me } from "@/server/console/contract";
import classes from "./navigation.module.css";

export const OVERVIEW_KEY = "h";

interface Section {
  readonly title: string;
  /** `g` then this opens its first page. */
  readonly key: string;
  readonly pages: Me["pages"];
}

/** The navigation of a person: what the roles may not see is not there. */
export function sectionsOf(me: Me): readonly Section[] {
  const titles = [...new Set(me.pages.map(({ section }) => section))];
  return titles.map((title) => ({
    title,
    key: me.indexes.find((index) => index.title === title)?.key ?? OVERVIEW_KEY,
    pages: me.pages.filter(({ section }) => section === title),
  }));
}

export interface NavigationProps {
  /** On a narrow screen it lies over the page while this is true. */
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Sections and pages on the left. */
export function Navigation({ opened, onClose }: NavigationProps) {
  const { person } = useMe();
  const path = usePathname();
  return (
    <>
      {opened && <button type="button" className={classes.veil} aria-label="Close the navigation" onClick={onClose} />}
      <nav className={classes.navigation} data-opened={opened} aria-label="Pages" id="navigation">
        <Link href="/" className={classes.brand} onClick={onClose}>
          <Mark />
          Concordance
        </Link>
        {person !== null &&
          sectionsOf(person).map((section) => (
            <NavigationSection key={section.title} section={section} path={path} onClose={onClose} />
          ))}
      </nav>
    </>
  );
}

function NavigationSection({ section, path, onClose }: { section: Section; path: string; onClose: () => void }) {
  const { title, key, pages } = section;
  const single = pages.length === 1;
  return (
    <div className={classes.section}>
      {!single && (
        <div className={classes.heading} aria-hidden>
          {title}
        </div>
      )}
      <ul aria-label={title}>
        {pages.map((page, place) => {
          const Icon = iconOfPath(page.path);
          const here = path === page.path || path.startsWith(`${page.path}/`);
          return (
            <li key={page.path}>
              <Link
                href={page.path}
                className={classes.page}
                aria-current={here ? "page" : undefined}
                onClick={onClose}
              >
                <Icon size={16} stroke={1.6} aria-hidden />
                <span className={classes.word}>{page.title}</span>
                {place === 0 && (
                  <span className={classes.keys} aria-hidden>
                    <Kbd>g</Kbd>
                    <Kbd>{key}</Kbd>
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Two rows that agree. */
export function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden className={classes.mark}>
      <rect x="1" y="3" width="11" height="5" rx="1.5" fill="currentColor" opacity="0.45" />
      <rect x="8" y="12" width="11" height="5" rx="1.5" fill="currentColor" opacity="0.45" />
      <rect x="8" y="3" width="4" height="14" rx="1.5" fill="currentColor" />
    </svg>
  );
}
