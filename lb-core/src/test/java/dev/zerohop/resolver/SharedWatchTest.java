package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.LoggedLines;
import dev.zerohop.Resolver;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ScriptedResolver;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A watch of code of others, with listeners of others. */
class SharedWatchTest {
    private static final Endpoint ONE = Endpoint.of("127.0.0.1", 1);

    private final FakeTime time = new FakeTime();

    private static Resolver stillborn() {
        return new Resolver() {
            @Override
            public void start(Listener listener) {
                throw new AssertionError("no class for it");
            }

            @Override
            public void close() {}

            @Override
            public String toString() {
                return "stillborn";
            }
        };
    }

    private static Endpoint owner(int ordinal) {
        return Endpoint.builder("10.0.0." + ordinal, 1)
                .id("orders-" + ordinal)
                .ordinal(ordinal)
                .build();
    }

    private static List<String> logged(String part, Runnable work) {
        return LoggedLines.during(work).stream()
                .filter(line -> line.contains(part))
                .toList();
    }

    @Test
    void aSourceThatDoesNotStartIsAnErrorOfAllItsUsers() {
        SharedWatch watch = new SharedWatch(stillborn(), time.env());
        ResolutionRecorder first = new ResolutionRecorder();
        ResolutionRecorder late = new ResolutionRecorder();
        watch.attach(new SharedWatch.User(first));
        watch.attach(new SharedWatch.User(late));
        for (ResolutionRecorder each : List.of(first, late)) {
            assertThat(each.errors)
                    .singleElement()
                    .asString()
                    .contains("stillborn did not start")
                    .contains("no class for it");
        }
    }

    @Test
    void aListenerThatThrowsKeepsNoOtherFromTheNewsAndDoesNotFloodTheLog() {
        ScriptedResolver source = new ScriptedResolver();
        SharedWatch watch = new SharedWatch(source, time.env());
        ResolutionRecorder other = new ResolutionRecorder();
        List<String> lines = logged("one of its listeners threw", () -> {
            watch.attach(new SharedWatch.User(now -> {
                throw new AssertionError("broken");
            }));
            watch.attach(new SharedWatch.User(other));
            for (int i = 0; i < 100; i++) {
                source.push(owner(i));
            }
        });
        assertThat(other.sets).hasSize(100);
        assertThat(lines).as("1, 2, 4 .. 64").hasSize(7);
    }

    @Test
    void aStepThatKeepsFailingDoesNotFloodTheLog() {
        ManualResolver resolver = new ManualResolver("orders", time.env());
        List<String> lines = logged("orders: a step failed", () -> {
            for (int i = 0; i < 100; i++) {
                resolver.run(() -> {
                    throw new AssertionError("broken");
                });
            }
        });
        assertThat(lines).as("1, 2, 4 .. 64").hasSize(7);
        assertThat(lines.get(6)).contains("64 times so far");
    }

    @Test
    void usersThatComeLateKnowTheOrdinalsThatAreMissing() {
        ScriptedResolver source = new ScriptedResolver();
        SharedWatch watch = new SharedWatch(source, time.env());
        ResolutionRecorder first = new ResolutionRecorder();
        watch.attach(new SharedWatch.User(first));
        source.push(owner(0), owner(1), owner(2));
        source.push(owner(0), owner(1));
        source.push(owner(0), owner(1));
        ResolutionRecorder late = new ResolutionRecorder();
        watch.attach(new SharedWatch.User(late));
        assertThat(late.last().missingOrdinals()).hasSize(1);
        assertThat(late.last()).isSameAs(first.last());
        watch.close();
        assertThat(source.running()).isFalse();
    }

    @Test
    void usersThatComeBeforeTheFirstAnswerLearnNothingUntilThen() {
        ScriptedResolver source = new ScriptedResolver();
        SharedWatch watch = new SharedWatch(source, time.env());
        ResolutionRecorder late = new ResolutionRecorder();
        watch.attach(new SharedWatch.User(new ResolutionRecorder()));
        watch.attach(new SharedWatch.User(late));
        assertThat(late.calls()).isZero();
        source.push(owner(0));
        assertThat(late.calls()).isEqualTo(1);
    }
}
