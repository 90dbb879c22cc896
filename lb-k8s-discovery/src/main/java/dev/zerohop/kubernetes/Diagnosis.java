package dev.zerohop.kubernetes;

import dev.zerohop.Printable;
import java.util.List;
import java.util.Locale;

/**
 * The findings about a target: what works and what does not. An immutable value.
 *
 * @param findings in the order in which they were checked
 * @param toApply manifests that grant the permissions that are missing, as YAML; empty if none is
 */
public record Diagnosis(List<Finding> findings, String toApply) {

    /** The result of one check. */
    public enum State {
        /** As it should be. */
        OK,
        /** Missing, and required for calls. */
        MISSING,
        /** Missing, but not required for calls; {@code why} names what is lost. */
        OPTIONAL
    }

    /**
     * One finding.
     *
     * @param state the result
     * @param what the subject of the check
     * @param why what was found and, if something is missing, what was expected
     */
    public record Finding(State state, String what, String why) {

        /** Makes the texts printable, since they quote servers. */
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

    /** Whether everything that calls require was found. */
    public boolean healthy() {
        return findings.stream().noneMatch(finding -> finding.state() == State.MISSING);
    }
}
