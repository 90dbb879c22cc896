package dev.zerohop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Dice;
import dev.zerohop.LoadReport;
import dev.zerohop.testing.ScriptedDice;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoadReportsTest {
    /** As a grpc-go server sent it: CPU 0.5, 100 requests and 2 errors a second, rif 4. */
    private static final String FROM_GRPC_GO = "CQAAAAAAAOA/MQAAAAAAAFlAOQAAAAAAAABAQg4KA3JpZhEAAAAAAAAQQA";

    private static final LoadReport OF_GRPC_GO = LoadReport.builder()
            .cpuUtilization(0.5)
            .requestsPerSecond(100)
            .errorsPerSecond(2)
            .namedMetric("rif", 4)
            .build();

    private static final LoadReport ALL = LoadReport.builder()
            .applicationUtilization(0.8)
            .cpuUtilization(0.7)
            .memoryUtilization(0.9)
            .requestsPerSecond(1000)
            .errorsPerSecond(2)
            .utilization("total", 0.5)
            .namedMetric("foo", 123)
            .namedMetric("bar", 0.2)
            .build();

    @Test
    void aReportOfAnotherImplementationIsReadPaddedOrNot() {
        assertThat(LoadReports.ofBase64(FROM_GRPC_GO)).isEqualTo(OF_GRPC_GO);
        assertThat(LoadReports.ofBase64(FROM_GRPC_GO + "==")).isEqualTo(OF_GRPC_GO);
        assertThat(LoadReports.ofHeader("BIN " + FROM_GRPC_GO)).isEqualTo(OF_GRPC_GO);
        byte[] message = Base64.getDecoder().decode(FROM_GRPC_GO);
        assertThat(LoadReports.ofProtobuf(message)).isEqualTo(OF_GRPC_GO);
        assertThat(LoadReports.toProtobuf(OF_GRPC_GO)).isEqualTo(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TEXT cpu_utilization=0.7,application_utilization=0.8,mem_utilization=0.9,rps_fractional=1000,eps=2,"
                        + "named_metrics.foo=123,named_metrics.bar=0.2,utilization.total=0.5",
                "TEXT cpu_utilization:0.7, application_utilization:0.8, mem_utilization:0.9, rps_fractional:1e3,"
                        + " eps:2,named_metrics.foo:123,named_metrics.bar:.2,utilization.total:0.5, later=1",
                "JSON {\"cpu_utilization\": 0.7, \"application_utilization\": 0.8, \"mem_utilization\": 0.9,"
                        + " \"rps_fractional\": 1000, \"eps\": 2, \"named_metrics\": {\"foo\": 123,\"bar\": 0.2},"
                        + " \"utilization\": {\"total\": 0.5}}",
                "JSON {\"cpuUtilization\": 0.7, \"applicationUtilization\": 0.8, \"memUtilization\": 0.9, \"later\":"
                        + " [1], \"rpsFractional\": 1000, \"eps\": 2, \"namedMetrics\": {\"foo\": 123,\"bar\": 0.2},"
                        + " \"utilization\": {\"total\": 0.5}}"
            })
    void theFormsOfTheHeaderSayTheSame(String header) {
        assertThat(LoadReports.ofHeader(header)).isEqualTo(ALL);
    }

    @Test
    void whatIsWrittenIsRead() {
        assertThat(LoadReports.ofProtobuf(LoadReports.toProtobuf(ALL))).isEqualTo(ALL);
        assertThat(LoadReports.ofHeader(LoadReports.toHeader(ALL))).isEqualTo(ALL);
        LoadReport nothing = LoadReport.builder().build();
        assertThat(LoadReports.toProtobuf(nothing)).isEmpty();
        assertThat(LoadReports.ofProtobuf(new byte[0])).isEqualTo(nothing);
        LoadReport none =
                LoadReport.builder().namedMetric("requests_in_flight", 0).build();
        assertThat(LoadReports.ofProtobuf(LoadReports.toProtobuf(none)).metric("named_metrics.requests_in_flight", -1))
                .as("a 0 that is stated")
                .isZero();
    }

    @Test
    void fieldsThatAreNotKnownArePassedOverAndTheOldRateStandsInForTheNewOne() {
        // Field 3 (rps) = 300 as a varint, field 4 (request_cost) as bytes, field 100 as 32 bits, field 1 (CPU).
        byte[] message = {
            0x18,
            (byte) 0xAC,
            0x02,
            0x22,
            2,
            9,
            9,
            (byte) 0xA5,
            0x06,
            1,
            2,
            3,
            4,
            0x09,
            0,
            0,
            0,
            0,
            0,
            0,
            (byte) 0xE0,
            0x3F
        };
        LoadReport report = LoadReports.ofProtobuf(message);
        assertThat(report.requestsPerSecond()).isEqualTo(300);
        assertThat(report.cpuUtilization()).isEqualTo(0.5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cpu_utilization=0.7",
                "BAD x",
                "BIN",
                "BIN ****",
                "BIN AAAA",
                "TEXT ",
                "TEXT cpu_utilization",
                "TEXT =1",
                "TEXT cpu_utilization=",
                "TEXT cpu_utilization=NaN",
                "TEXT cpu_utilization=Infinity",
                "TEXT cpu_utilization=1e999",
                "TEXT cpu_utilization=-1",
                "TEXT cpu_utilization=1d",
                "TEXT cpu_utilization=0x1p3",
                "TEXT eps=1,eps=2",
                "TEXT utilization.=0.9",
                "TEXT named_metrics.=1",
                "JSON ",
                "JSON x",
                "JSON []",
                "JSON {\"eps\": \"2\"}",
                "JSON {\"eps\": -2}",
                "JSON {\"utilization\": 3}",
                "JSON {\"named_metrics\": {\"a\": null}}",
                "JSON {} {}"
            })
    void whatIsNoReportIsRejectedWithWhatWasExpected(String header) {
        assertThatThrownBy(() -> LoadReports.ofHeader(header))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected");
    }

    @Test
    void aMessageThatIsCutOrLongOrAnythingElseIsReadOrRejectedAndNothingElse() {
        byte[] message = LoadReports.toProtobuf(ALL);
        for (int length = 0; length < message.length; length++) {
            readOrRejected(Arrays.copyOf(message, length));
        }
        Dice dice = ScriptedDice.seeded(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] any = i % 2 == 0 ? new byte[dice.nextInt(40)] : message.clone();
            for (int k = 0; k < (i % 2 == 0 ? any.length : 3); k++) {
                any[dice.nextInt(any.length)] = (byte) dice.nextLong();
            }
            readOrRejected(any);
        }
        assertThatThrownBy(() -> LoadReports.ofProtobuf(new byte[LoadReports.MOST_CHARACTERS + 1]))
                .hasMessage("load report had 8193 bytes, expected at most 8192");
        assertThatThrownBy(() -> LoadReports.ofHeader("TEXT eps=" + "0".repeat(LoadReports.MOST_CHARACTERS)))
                .hasMessageContaining("expected at most 8192");
    }

    private static void readOrRejected(byte[] message) {
        try {
            LoadReport report = LoadReports.ofProtobuf(message);
            assertThat(report.cpuUtilization()).isGreaterThanOrEqualTo(0).isFinite();
        } catch (IllegalArgumentException rejected) {
            assertThat(rejected).hasMessageContaining("expected");
        }
    }

    @Test
    void metricsAreFoundByTheNamesOfTheField() {
        assertThat(ALL.metric("application_utilization", -1)).isEqualTo(0.8);
        assertThat(ALL.metric("utilization.total", -1)).isEqualTo(0.5);
        assertThat(ALL.metric("named_metrics.foo", -1)).isEqualTo(123);
        assertThat(ALL.metric("named_metrics.none", -1)).isEqualTo(-1);
        assertThat(ALL.metric("none", -1)).isEqualTo(-1);
        assertThat(OF_GRPC_GO.metric("application_utilization", -1))
                .as("0 is not stated")
                .isEqualTo(-1);
        assertThat(LoadReport.isMetric("named_metrics.")).isFalse();
        assertThat(LoadReport.isMetric("named_metrics.a")).isTrue();
        assertThat(new String(LoadReports.toProtobuf(ALL), StandardCharsets.ISO_8859_1))
                .contains("total");
    }

    /** Seconds and nanoseconds, each a number of its own, in a message of its own. */
    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "0A 00, 0",
        "0A 02 08 0A, 10000000000",
        "0A 05 10 80 C2 D7 2F, 100000000",
        "0A 06 08 01 10 80 94 23, 1000576000",
        "12 01 61 0A 02 08 01, 1000000000",
        "0A 0B 08 FF FF FF FF FF FF FF FF FF 01, -1000000000",
        "0A 0A 08 FF FF FF FF FF FF FF FF 7F, 9223372036854775807",
        "0A 0C 08 84 FA 85 AE 22 10 80 D2 93 AD 03, 9223372036854775807",
        "0A 16 08 FB 85 FA D1 DD FF FF FF FF 01 10 FF FF FF FF FF FF FF FF FF 01, -9223372036854775808",
    })
    void theIntervalOfARequest(String hex, long nanos) {
        assertThat(LoadReports.intervalNanos(HexFormat.of().parseHex(hex.replace(" ", ""))))
                .isEqualTo(nanos);
    }

    @Test
    void aRequestThatIsNone() {
        assertThatThrownBy(() -> LoadReports.intervalNanos(new byte[] {0x0A, 0x05, 0x08}))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
