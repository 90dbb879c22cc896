package dev.zerohop.report;

import dev.zerohop.LoadReport;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * The messages of protobuf that are needed here, {@code xds.data.orca.v3.OrcaLoadReport} and the request for a stream of it, read and written by the encoding's rules. A dependency for them would be larger
 * than the rest of the library. For one thread, while it reads one message.
 */
final class ReportMessage {
    private static final int CPU = 1;
    private static final int MEMORY = 2;
    private static final int WHOLE_REQUESTS = 3;
    private static final int UTILIZATION = 5;
    private static final int REQUESTS = 6;
    private static final int ERRORS = 7;
    private static final int NAMED = 8;
    private static final int APPLICATION = 9;

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;
    private static final int LONGEST_VARINT = 10;

    private final ByteBuffer in;

    ReportMessage(byte[] message) {
        this(ByteBuffer.wrap(message));
    }

    private ReportMessage(ByteBuffer in) {
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    }

    LoadReport read() {
        LoadReport.Builder report = LoadReport.builder();
        double whole = 0;
        double fractional = 0;
        while (in.hasRemaining()) {
            long tag = varint();
            int type = (int) (tag & 7);
            long field = tag >>> 3;
            if (type == FIXED64 && field == CPU) {
                report.cpuUtilization(fixed64());
            } else if (type == FIXED64 && field == MEMORY) {
                report.memoryUtilization(fixed64());
            } else if (type == VARINT && field == WHOLE_REQUESTS) {
                whole = unsigned(varint());
            } else if (type == FIXED64 && field == REQUESTS) {
                fractional = fixed64();
                report.requestsPerSecond(fractional);
            } else if (type == FIXED64 && field == ERRORS) {
                report.errorsPerSecond(fixed64());
            } else if (type == FIXED64 && field == APPLICATION) {
                report.applicationUtilization(fixed64());
            } else if (type == LENGTH && field == UTILIZATION) {
                Entry entry = entry();
                report.utilization(entry.name, entry.value);
            } else if (type == LENGTH && field == NAMED) {
                Entry entry = entry();
                report.namedMetric(entry.name, entry.value);
            } else {
                skip(field, type);
            }
        }
        if (fractional == 0 && whole > 0) {
            report.requestsPerSecond(whole);
        }
        return report.build();
    }

    /** Of a request: {@code report_interval}, a {@code google.protobuf.Duration}. */
    long intervalNanos() {
        long nanos = 0;
        while (in.hasRemaining()) {
            long tag = varint();
            int type = (int) (tag & 7);
            long field = tag >>> 3;
            if (type == LENGTH && field == 1) {
                nanos = new ReportMessage(bytes()).durationNanos();
            } else {
                skip(field, type);
            }
        }
        return nanos;
    }

    private long durationNanos() {
        long seconds = 0;
        long nanos = 0;
        while (in.hasRemaining()) {
            long tag = varint();
            int type = (int) (tag & 7);
            long field = tag >>> 3;
            if (type == VARINT && field == 1) {
                seconds = varint();
            } else if (type == VARINT && field == 2) {
                nanos = (int) varint();
            } else {
                skip(field, type);
            }
        }
        long whole = TimeUnit.SECONDS.toNanos(seconds);
        long sum = whole + nanos;
        boolean beyond = ((whole ^ sum) & (nanos ^ sum)) < 0;
        if (beyond) {
            return whole < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        return sum;
    }

    private record Entry(String name, double value) {}

    private Entry entry() {
        ReportMessage inner = new ReportMessage(bytes());
        String name = "";
        double value = 0;
        while (inner.in.hasRemaining()) {
            long tag = inner.varint();
            int type = (int) (tag & 7);
            long field = tag >>> 3;
            if (type == LENGTH && field == 1) {
                name = StandardCharsets.UTF_8.decode(inner.bytes()).toString();
            } else if (type == FIXED64 && field == 2) {
                value = inner.fixed64();
            } else {
                inner.skip(field, type);
            }
        }
        return new Entry(name, value);
    }

    private void skip(long field, int type) {
        switch (type) {
            case VARINT -> varint();
            case FIXED64 -> take(Long.BYTES);
            case LENGTH -> bytes();
            case FIXED32 -> take(Integer.BYTES);
            default ->
                throw new IllegalArgumentException("load report had a field " + field + " of the wire type " + type
                        + ", expected an xds.data.orca.v3.OrcaLoadReport");
        }
    }

    private double fixed64() {
        return take(Long.BYTES).getDouble();
    }

    private ByteBuffer bytes() {
        long length = varint();
        if (length < 0 || length > in.remaining()) {
            throw cut(length);
        }
        return take((int) length);
    }

    private ByteBuffer take(int length) {
        if (length > in.remaining()) {
            throw cut(length);
        }
        ByteBuffer taken = in.slice().order(ByteOrder.LITTLE_ENDIAN);
        taken.limit(length);
        in.position(in.position() + length);
        return taken;
    }

    private IllegalArgumentException cut(long length) {
        return new IllegalArgumentException("load report ended at byte " + in.limit() + ", expected "
                + Long.toUnsignedString(length) + " more at byte " + in.position());
    }

    private long varint() {
        long value = 0;
        for (int i = 0; i < LONGEST_VARINT; i++) {
            byte next = take(1).get();
            value |= (long) (next & 0x7F) << (7 * i);
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("load report had a number of more than " + LONGEST_VARINT + " bytes at byte "
                + in.position() + ", expected an xds.data.orca.v3.OrcaLoadReport");
    }

    private static double unsigned(long value) {
        return value >= 0 ? value : (double) (value >>> 1) * 2;
    }

    // ---- writing ----

    static byte[] of(LoadReport report) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64);
        number(out, CPU, report.cpuUtilization());
        number(out, MEMORY, report.memoryUtilization());
        report.utilization().forEach((name, value) -> entry(out, UTILIZATION, name, value));
        number(out, REQUESTS, report.requestsPerSecond());
        number(out, ERRORS, report.errorsPerSecond());
        report.namedMetrics().forEach((name, value) -> entry(out, NAMED, name, value));
        number(out, APPLICATION, report.applicationUtilization());
        return out.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, int field, double value) {
        if (value != 0) {
            out.write(field << 3 | FIXED64);
            fixed64(out, value);
        }
    }

    private static void entry(ByteArrayOutputStream out, int field, String name, double value) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream(32);
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        inner.write(1 << 3 | LENGTH);
        varint(inner, utf8.length);
        inner.writeBytes(utf8);
        // An entry states its value whatever it is: 0 is not the same as none.
        inner.write(2 << 3 | FIXED64);
        fixed64(inner, value);
        out.write(field << 3 | LENGTH);
        varint(out, inner.size());
        out.writeBytes(inner.toByteArray());
    }

    private static void fixed64(ByteArrayOutputStream out, double value) {
        long bits = Double.doubleToLongBits(value);
        for (int i = 0; i < Long.BYTES; i++) {
            out.write((int) (bits >>> (8 * i)));
        }
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int left = value;
        while (left > 0x7F) {
            out.write(left | 0x80);
            left >>>= 7;
        }
        out.write(left);
    }
}
