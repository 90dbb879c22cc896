package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodOrdinalTest {

    @ParameterizedTest
    @CsvSource({
        "orders-0, orders, 0",
        "orders-10, orders, 10",
        "orders-2147483647, orders, 2147483647",
        "orders-2147483648, orders, -1",
        "orders-99999999999, orders, -1",
        "orders-00, orders, -1",
        "orders-07, orders, -1",
        "orders-, orders, -1",
        "orders, orders, -1",
        "orders-x1, orders, -1",
        "orders-1x, orders, -1",
        "orders-+1, orders, -1",
        "orders--1, orders, -1",
        "orders-٣, orders, -1",
        "orders-a-3, orders, -1",
        "orders-a-3, orders-a, 3",
        "orders-3-4, orders-3, 4",
        "orders-3-4, orders, -1",
        "order-3, orders, -1",
        "my.orders-3, my.orders, 3",
    })
    void theSuffixOfItsOwnSetIsTheOrdinal(String pod, String set, int ordinal) {
        assertThat(PodOrdinal.of(pod, set)).isEqualTo(ordinal);
    }

    /** ReplicaSets draw five of bcdfghjklmnpqrstvwxz2456789, which may be all digits. */
    @ParameterizedTest
    @CsvSource({
        "orders-0, true",
        "orders-4, true",
        "orders-2456, true",
        "orders-245678, true",
        "orders-24567, false",
        "orders-99999, false",
        "orders-6789489c-24567, false",
        "orders-20000, true",
        "orders-12345, true",
        "orders-24537, true",
        "orders-x7k2p, false",
        "orders-01, false",
        "orders, false",
        "7, false",
        "orders-, false",
    })
    void aDrawnSuffixDoesNotLookNumbered(String pod, boolean numbered) {
        assertThat(PodOrdinal.looksNumbered(pod)).isEqualTo(numbered);
    }
}
