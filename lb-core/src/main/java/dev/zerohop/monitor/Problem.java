package dev.zerohop.monitor;

import static java.util.stream.Collectors.joining;

import dev.zerohop.BalancerState;
import dev.zerohop.EndpointSet;
import dev.zerohop.Health;
import dev.zerohop.internal.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Something that is wrong with a balancer, as a sentence for a person. An immutable value.
 *
 * @param callsFail whether no call goes anywhere; otherwise calls go on, and there is something to mend
 * @param text the sentence, with the balancer's name; times of day are UTC
 */
public record Problem(boolean callsFail, String text) {
    private static final int NAMED = 3;

    /** What an operator has to look at; a server that starts, drains or is not ready by its own word is no fault. */
    private static final Set<Health.Status> FAULTY = EnumSet.of(
            Health.Status.EJECTED, Health.Status.UNHEALTHY, Health.Status.UNREACHABLE, Health.Status.DISCONNECTED);

    private static final DateTimeFormatter TIME_OF_DAY =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter DATE_AND_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    /** All that is wrong, the worst first. Empty if nothing is. */
    public static List<Problem> of(BalancerState state) {
        List<Problem> problems = new ArrayList<>();
        String name = state.service() + ": ";
        String unconfigured = state.configuration().unconfigured();
        EndpointSet set = state.source().set();
        BalancerState.Panic panic = state.routing().panic();
        if (unconfigured != null) {
            problems.add(new Problem(
                    true, name + "no call goes anywhere: the first configuration was rejected: " + unconfigured));
        }
        if (set != null && state.members().isEmpty()) {
            problems.add(new Problem(
                    true, name + "no endpoint known: source " + state.source().name() + " names none"));
        } else if (!state.members().isEmpty() && state.routing().candidates() == 0) {
            problems.add(new Problem(
                    true, name + "no endpoint usable: 0 of " + state.members().size() + " take calls"));
        }
        if (panic != null) {
            problems.add(new Problem(false, name + panic.reason() + ", since " + time(panic.since(), state.at())));
        }
        source(state).forEach(problems::add);
        String rejected = state.configuration().rejected();
        if (rejected != null && unconfigured == null) {
            problems.add(new Problem(
                    false,
                    name + "the configuration of the source was rejected, the last good one holds: " + rejected));
        }
        out(state).forEach(problems::add);
        return List.copyOf(problems);
    }

    private static List<Problem> source(BalancerState state) {
        BalancerState.Source source = state.source();
        EndpointSet set = source.set();
        Instant failing = source.failingSince();
        String name = state.service() + ": source " + source.name();
        if (source.error() != null && failing != null) {
            String since = " not answering for "
                    + Durations.text(Duration.between(failing, state.at()).toNanos());
            return List.of(new Problem(
                    set == null,
                    name + since
                            + (set == null
                                    ? ", no endpoint known"
                                    : ", serving the set of " + time(set.asOf(), state.at()))
                            + ": " + source.error()));
        }
        return set != null && set.stale()
                ? List.of(new Problem(
                        false, name + " has not answered yet, serving the set of " + time(set.asOf(), state.at())))
                : List.of();
    }

    private static List<Problem> out(BalancerState state) {
        List<BalancerState.Member> out = state.members().stream()
                .filter(member -> FAULTY.contains(member.health().status()))
                .toList();
        if (out.isEmpty()) {
            return List.of();
        }
        String named = out.stream()
                .limit(NAMED)
                .map(member -> member.endpoint().id() + " is " + member.health().describe(state.at()))
                .collect(joining(", "));
        return List.of(new Problem(
                false,
                state.service() + ": " + out.size() + " of " + state.members().size()
                        + (state.members().size() == 1 ? " endpoint" : " endpoints") + " out: " + named
                        + (out.size() > NAMED ? " and " + (out.size() - NAMED) + " more" : "")));
    }

    /** With the date unless it is of the same day; a set without a date is of an unknown time. */
    private static String time(Instant then, Instant now) {
        if (then.equals(Instant.EPOCH)) {
            return "an unknown time";
        }
        boolean today = then.atZone(ZoneOffset.UTC)
                .toLocalDate()
                .equals(now.atZone(ZoneOffset.UTC).toLocalDate());
        return (today ? TIME_OF_DAY : DATE_AND_TIME).format(then);
    }
}
