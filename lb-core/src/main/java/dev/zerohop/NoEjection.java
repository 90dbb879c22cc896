package dev.zerohop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Never ejects. Its records count failures all the same: the first one of a held endpoint settles whether it is there. */
final class NoEjection implements EjectionPolicy.Detector {
    static final NoEjection INSTANCE = new NoEjection();

    private NoEjection() {}

    @Override
    public EjectionPolicy.EndpointStats add(
            Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous, Runnable changed) {
        return new FailureCount(previous == null ? 0 : previous.consecutiveFailures());
    }

    @Override
    public void remove(EjectionPolicy.EndpointStats record) {}

    @Override
    public long review(long nowNanos) {
        return Long.MAX_VALUE;
    }

    private static final class FailureCount implements EjectionPolicy.EndpointStats {
        private static final VarHandle FAILURES;

        static {
            try {
                FAILURES = MethodHandles.lookup().findVarHandle(FailureCount.class, "failures", int.class);
            } catch (ReflectiveOperationException impossible) {
                throw new ExceptionInInitializerError(impossible);
            }
        }

        private volatile int failures;

        FailureCount(int failures) {
            this.failures = failures;
        }

        @Override
        public boolean onOutcome(Outcome outcome) {
            if (outcome.isEndpointFailure()) {
                FAILURES.getAndAdd(this, 1);
            } else if ((int) FAILURES.getOpaque(this) != 0 && outcome.isAnswer() && outcome != Outcome.OVERLOADED) {
                failures = 0;
            }
            return false;
        }

        @Override
        public int consecutiveFailures() {
            return failures;
        }

        @Override
        public EjectionPolicy.State state() {
            return EjectionPolicy.State.ACTIVE;
        }

        @Override
        public String reason() {
            return "";
        }

        @Override
        public boolean tryProbe() {
            return true;
        }
    }
}
