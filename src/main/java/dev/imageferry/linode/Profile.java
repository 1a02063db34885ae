package dev.imageferry.linode;

/** The user of the token. Requested to test the token and the API. */
public record Profile(String username) {}
