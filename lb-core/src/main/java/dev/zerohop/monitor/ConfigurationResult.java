package dev.zerohop.monitor;

/** The values of the tag of {@link Meters#CONFIGURATION}. */
enum ConfigurationResult {
    APPLIED,
    REJECTED,
    VALUE_REJECTED
}
