package dev.zerohop.etcd.service;

import java.time.Duration;

/**
 * How fast weights may change.
 *
 * @param step the largest change of one weight, at least 1
 * @param interval the time between two changes, more than 0
 */
record Smoothing(int step, Duration interval) {}
