mod modules/sitelock.so
mod debian/sitelock.ini
