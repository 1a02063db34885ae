package dev.imageferry.linode;

/** Whose the token is; asked for to see whether token and API are well at all. */
public record Profile(String username) {}
