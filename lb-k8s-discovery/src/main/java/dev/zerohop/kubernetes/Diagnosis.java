package dev.zerohop.kubernetes;

import dev.zerohop.Printable;
import java.util.List;
import java.util.Locale;

/**
 * The findings about a target: what works and what does not. An immutable value.
 *
 * @param findings in the order in which they were looked at
 * @param toApply manifests that grant the permissions that are missing, as YAML; empty if none is
 */
public record Diagnosis(List<Finding> findings, String toApply) {

    /** How a finding stands. */
    public enum State {
        /** As it should be. */
        OK,
        /** Missing, and calls need it. */
        MISSING,
        /** Missing, and calls go without it; what is lost is in {@code why}. */
        OPTIONAL
    }

    /**
     * One finding.
     *
     * @param state how it stands
     * @param what what was looked at
     * @param why what was found, and for what is missing what was expected
     */
    public record Finding(State state, String what, String why) {

        /** Makes the texts printable: they quote servers. */
        public Finding {
            what = Printable.text(what);
            why = Printable.text(why);
        }

        @Override
        public String toString() {
            return state.name().toLowerCase(Locale.ROOT) + ": " + what + ": " + why;
        }
    }

    /** Copies the list. */
    public Diagnosis {
        findings = List.copyOf(findings);
    }

    /** Whether calls have all that they need. */
    public boolean healthy() {
        return findings.stream().noneMatch(finding -> finding.state() == State.MISSING);
    }
}
