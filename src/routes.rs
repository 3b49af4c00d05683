//! Every URL. What programs call are resources, which tell whoever comes with another method what there is to be done with them
//! (RFC 9110 §15.5.6); to a route of a scope nobody comes with another method, and hears that nothing is there.

use actix_web::{
    HttpResponse, guard,
    http::header,
    middleware::Compress,
    web::{self, ServiceConfig, delete, get, head, patch, post, put, resource, scope},
};

use crate::{
    account::{
        access::{handlers as access, pages as access_pages},
        address::{handlers as address, pages as address_pages},
        handlers as account, pages as account_pages,
        recovery::{handlers as recovery, pages as recovery_pages},
        register::pages as register_pages,
        reset::{handlers as reset, pages as reset_pages},
        verification::handlers as verification,
    },
    admin::{
        announcement::{handlers as admin_announcement, pages as admin_announcement_pages},
        audit::{handlers as admin_audit, pages as audit_pages},
        invites::{handlers as invites, pages as invites_pages},
        mail::{handlers as mail, pages as mail_pages},
        messages::{handlers as messages, pages as messages_pages},
        overview::{handlers as overview, pages as overview_pages},
        presets::{handlers as presets, pages as presets_pages},
        reports::{handlers as reports, pages as reports_pages},
        rooms::{handlers as admin_rooms, pages as admin_rooms_pages},
        settings::{handlers as settings, pages as settings_pages},
        users::{
            acts as users_acts, export as users_export, handlers as admin_users, pages as users_pages, person,
            tokens as users_tokens,
        },
    },
    announcement::{handlers as announcement, pages as announcement_pages},
    chat::{
        composer,
        doors::{events, hello, sync},
        guests, pages as chat_pages, pressing, socket,
    },
    command::handlers as command,
    contact::handlers as contact,
    error::AppError,
    message::{
        handlers as message, history,
        reaction::handlers as reaction,
        search::{handlers as search, pages as search_pages},
    },
    monitor::handlers as monitor,
    openapi::{self, pages as openapi_pages},
    reference::{background, messages as classic_messages, presets as classic_presets, recent, sending},
    report::handlers as report,
    room::{handlers as room, members, notices},
    upload::{handlers as upload, media, pages as upload_pages},
    web::{assets, preferences, shell},
};

/// The table.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.service(resource("/ws/chat/").route(get().to(socket::open)))
        .service(resource("/healthz").route(get().to(monitor::healthz)).route(head().to(monitor::healthz)))
        .service(resource("/readyz").route(get().to(monitor::readyz)).route(head().to(monitor::readyz)))
        .service(resource("/metrics").route(get().to(monitor::metrics)))
        .service(resource("/api/openapi.json").wrap(Compress::default()).route(get().to(openapi::document)))
        // Not compressed: a stream must not be held up until there is enough to be worth it.
        .service(resource("/api/v1/events").route(get().to(events::events)))
        .service(scope("/api/v1").wrap(Compress::default()).configure(api))
        .configure(assets::configure)
        .service(scope("/media").configure(files))
        .configure(preferences::configure)
        .configure(shell::configure)
        .configure(classic)
        .service(scope("").wrap(Compress::default()).configure(pages));
}

/// Not compressed: pictures are, and a range is one of the stored bytes.
fn files(cfg: &mut ServiceConfig) {
    cfg.service(resource("/avatars/{file}").route(get().to(media::avatar)).route(head().to(media::avatar)))
        .service(resource("/logos/{file}").route(get().to(media::logo)).route(head().to(media::logo)))
        .service(
            resource("/announcements/{file}")
                .route(get().to(announcement::picture))
                .route(head().to(announcement::picture)),
        )
        .service(resource("/{file}").route(get().to(media::image)).route(head().to(media::image)))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(AppError::NotFound) }));
}

fn api(cfg: &mut ServiceConfig) {
    cfg.service(resource("/register").route(post().to(account::register)))
        .service(resource("/register/code").route(post().to(verification::ask)))
        .service(resource("/recovery").route(post().to(recovery::ask)))
        .service(resource("/recovery/password").route(post().to(recovery::claim)))
        .service(resource("/login").route(post().to(account::login)))
        .service(resource("/logout").route(post().to(account::logout)))
        .service(resource("/setup").route(post().to(account::setup)))
        .service(resource("/reset").route(post().to(reset::reset)))
        .service(resource("/me").route(get().to(account::me)).route(patch().to(account::update_me)))
        .service(resource("/me/avatar").route(put().to(upload::set_avatar)).route(delete().to(upload::delete_avatar)))
        .service(resource("/uploads").route(post().to(upload::create)))
        .service(resource("/uploads/{id}").route(delete().to(upload::delete)))
        .service(resource("/me/password").route(put().to(account::change_password)))
        .service(
            resource("/me/sessions").route(get().to(account::sessions)).route(delete().to(account::end_other_sessions)),
        )
        .service(resource("/me/sessions/{id}").route(delete().to(account::end_session)))
        .service(resource("/me/tokens").route(get().to(access::list)).route(post().to(access::create)))
        .service(resource("/me/tokens/{id}").route(delete().to(access::revoke)))
        .service(resource("/me/{channel:email|phone}").route(put().to(address::confirm)))
        .service(resource("/me/{channel:email|phone}/code").route(post().to(address::ask)))
        .service(resource("/me/{channel:email|phone}/removal").route(post().to(address::remove)))
        .service(resource("/users").route(get().to(account::users)))
        .service(resource("/users/{id}").route(get().to(contact::profile)))
        .service(resource("/contacts").route(get().to(contact::list)))
        .service(resource("/contacts/{user}").route(put().to(contact::put)).route(delete().to(contact::delete)))
        .service(resource("/rooms").route(get().to(room::list)).route(post().to(room::create)))
        .service(resource("/rooms/public").route(get().to(room::public)))
        .service(
            resource("/rooms/{id}")
                .route(get().to(room::show))
                .route(patch().to(room::update))
                .route(delete().to(room::delete)),
        )
        .service(resource("/rooms/{id}/join").route(post().to(room::join)))
        .service(resource("/rooms/{id}/leave").route(post().to(room::leave)))
        .service(resource("/rooms/{id}/me").route(patch().to(notices::update)))
        .service(resource("/rooms/{id}/read").route(post().to(room::read)))
        .service(resource("/rooms/{id}/reads").route(get().to(members::reads)))
        .service(resource("/rooms/{id}/members").route(get().to(members::list)).route(post().to(members::add)))
        .service(
            resource("/rooms/{id}/members/{user}")
                .route(patch().to(members::update))
                .route(delete().to(members::remove)),
        )
        .service(resource("/directs").route(post().to(room::open_direct)))
        .service(resource("/rooms/{id}/messages").route(get().to(history::list)).route(post().to(message::create)))
        .service(resource("/rooms/{id}/commands").route(post().to(command::run)))
        .service(resource("/commands").route(get().to(command::list)))
        .service(resource("/rooms/{id}/changes").route(get().to(history::changes)))
        .service(resource("/sync").route(get().to(sync::sync)))
        .service(resource("/hello").route(get().to(hello::hello)))
        .service(resource("/messages").route(get().to(history::many)))
        .service(resource("/messages/{id}/recall").route(post().to(message::recall)))
        .service(resource("/messages/{id}/reactions").route(get().to(reaction::list)))
        .service(resource("/messages/{id}/reports").route(post().to(report::create)))
        .service(
            resource("/messages/{id}/reactions/{emoji}")
                .route(put().to(reaction::put))
                .route(delete().to(reaction::delete)),
        )
        .service(
            resource("/messages/{id}")
                .route(get().to(history::show))
                .route(patch().to(message::edit))
                .route(delete().to(message::delete)),
        )
        .service(resource("/search").route(get().to(search::list)))
        .service(resource("/announcement").route(get().to(announcement::show)))
        .service(resource("/announcement/{id}/seen").route(put().to(announcement::see)))
        .service(scope("/admin").configure(admin_api))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(AppError::NotFound) }));
}

/// What scripts for other small chats know.
fn classic(cfg: &mut ServiceConfig) {
    cfg.service(resource("/api/recent_messages/").route(get().to(recent::recent)))
        .service(resource("/api/recent_messages_apiint/{count}").route(get().to(recent::counted)))
        .service(
            resource("/post/")
                .route(get().to(sending::nothing))
                .route(post().guard(guard::fn_guard(may_have_files)).to(sending::post_with_images))
                .route(post().guard(guard::fn_guard(is_json)).to(sending::post_json))
                .route(post().to(sending::post)),
        )
        .service(
            resource("/send_preset/").route(get().to(classic_presets::refuse)).route(post().to(classic_presets::send)),
        )
        .service(resource("/send_preset_image/").route(post().to(classic_presets::send_image)))
        .service(resource("/send-preset-image/").route(post().to(classic_presets::send_image_too)))
        .service(
            resource("/upload_global_background")
                .route(get().to(background::form))
                .route(post().to(background::upload)),
        )
        .service(resource("/delete_message/{id}/").route(post().to(classic_messages::delete)))
        .service(resource("/recall_message/{id}/").route(post().to(classic_messages::recall)));
}

fn is_json(ctx: &guard::GuardContext<'_>) -> bool {
    let kind = ctx.head().headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"application/json"))
}

/// A form that may have files.
fn may_have_files(ctx: &guard::GuardContext<'_>) -> bool {
    let kind = ctx.head().headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"))
}

fn pages(cfg: &mut ServiceConfig) {
    cfg.route("/", get().to(chat_pages::home))
        .service(
            resource("/r/{id}")
                .route(get().to(chat_pages::room))
                .route(post().guard(guard::fn_guard(may_have_files)).to(composer::post_with_images))
                .route(post().to(composer::post)),
        )
        .route("/guests/", get().to(guests::list))
        .route("/r/{id}/m/{seq}", get().to(chat_pages::message))
        .route("/r/{id}/presets", post().to(pressing::press))
        .route("/r/{id}/countdowns/{countdown}/stop", post().to(pressing::stop))
        .route("/search", get().to(search_pages::search))
        .route("/announcement/", get().to(announcement_pages::announcement))
        .route("/announcement/{id}/seen", post().to(announcement_pages::see))
        .service(resource("/login/").route(get().to(account_pages::login_form)).route(post().to(account_pages::login)))
        .service(
            resource("/register/")
                .route(get().to(register_pages::form))
                .route(post().guard(guard::fn_guard(may_have_files)).to(upload_pages::register))
                .route(post().to(register_pages::submit)),
        )
        .route("/register/code", post().to(register_pages::ask))
        .service(resource("/forgot/").route(get().to(recovery_pages::form)).route(post().to(recovery_pages::ask)))
        .service(resource("/forgot/code").route(get().to(recovery_pages::code)).route(post().to(recovery_pages::claim)))
        .service(resource("/reset/").route(get().to(reset_pages::form)).route(post().to(reset_pages::submit)))
        .service(resource("/setup/").route(get().to(account_pages::setup_form)).route(post().to(account_pages::setup)))
        .service(
            resource("/logout/").route(get().to(account_pages::logout_form)).route(post().to(account_pages::logout)),
        )
        .route("/account/", get().to(account_pages::account))
        .route("/account/profile", post().to(account_pages::save_profile))
        .route("/account/password", post().to(account_pages::save_password))
        .route("/account/sessions/end", post().to(account_pages::end_other_sessions))
        .route("/account/sessions/{id}/end", post().to(account_pages::end_session))
        .route("/account/tokens", post().to(access_pages::create))
        .route("/account/tokens/{id}/revoke", post().to(access_pages::revoke))
        .route("/api/", get().to(openapi_pages::page))
        .configure(own_addresses)
        .configure(old_addresses)
        .service(scope("/admin").configure(admin_pages))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(AppError::NotFound) }));
}

/// One's own e-mail address and phone number.
fn own_addresses(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("/account/{channel:email|phone}/")
            .route(get().to(address_pages::show))
            .route(post().to(address_pages::ask)),
    )
    .service(
        resource("/account/{channel:email|phone}/code")
            .route(get().to(address_pages::code))
            .route(post().to(address_pages::confirm)),
    )
    .service(
        resource("/account/{channel:email|phone}/remove")
            .route(get().to(address_pages::ask_removal))
            .route(post().to(address_pages::remove)),
    );
}

/// Where pages were in the programs that this one replaces.
fn old_addresses(cfg: &mut ServiceConfig) {
    for (old, new) in [
        ("/verify/signup", "/register/"),
        ("/verify/signin", "/login/"),
        ("/verify/pwd_reset", "/forgot/"),
        ("/im", "/"),
        ("/im/", "/"),
    ] {
        cfg.service(web::redirect(old, new).see_other());
    }
}

/// The API of the console.
fn admin_api(cfg: &mut ServiceConfig) {
    cfg.configure(admin_presets_api)
        .configure(admin_announcement_api)
        .configure(admin_users_api)
        .configure(admin_rooms_api)
        .configure(admin_settings_api);
}

/// The pages of the console.
fn admin_pages(cfg: &mut ServiceConfig) {
    cfg.configure(admin_presets_pages)
        .configure(admin_announcement_pages)
        .configure(admin_users_pages)
        .configure(admin_rooms_pages)
        .configure(admin_settings_pages);
}

/// Presets and countdowns.
fn admin_presets_api(cfg: &mut ServiceConfig) {
    cfg.service(resource("/presets").route(get().to(presets::list)).route(post().to(presets::create)))
        .service(resource("/presets/{id}").route(patch().to(presets::update)).route(delete().to(presets::delete)))
        .service(resource("/presets/{id}/move").route(post().to(presets::relocate)))
        .service(resource("/presets/{id}/image").route(get().to(presets::image)))
        .service(resource("/presets/{id}/send").route(post().to(presets::send)))
        .service(resource("/countdowns").route(get().to(presets::countdowns)))
        .service(resource("/countdowns/{id}/stop").route(post().to(presets::stop)));
}

fn admin_presets_pages(cfg: &mut ServiceConfig) {
    cfg.route("/presets/", get().to(presets_pages::list))
        .service(
            resource("/presets/new")
                .route(get().to(presets_pages::blank))
                .route(post().guard(guard::fn_guard(may_have_files)).to(presets_pages::create)),
        )
        .service(
            resource("/presets/{id}")
                .route(get().to(presets_pages::show))
                .route(post().guard(guard::fn_guard(may_have_files)).to(presets_pages::save)),
        )
        .route("/presets/{id}/up", post().to(presets_pages::up))
        .route("/presets/{id}/down", post().to(presets_pages::down))
        .service(
            resource("/presets/{id}/delete")
                .route(get().to(presets_pages::ask))
                .route(post().to(presets_pages::delete)),
        )
        .route("/countdowns/{id}/stop", post().to(presets_pages::stop));
}

/// The announcement.
fn admin_announcement_api(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("/announcements")
            .route(get().to(admin_announcement::list))
            .route(post().guard(guard::fn_guard(may_have_files)).to(admin_announcement::create_with_picture))
            .route(post().to(admin_announcement::create)),
    )
    .service(
        resource("/announcements/{id}")
            .route(patch().to(admin_announcement::update))
            .route(delete().to(admin_announcement::delete)),
    )
    .service(resource("/announcements/{id}/publish").route(post().to(admin_announcement::publish)))
    .service(resource("/announcements/{id}/restore").route(post().to(admin_announcement::restore)))
    .service(resource("/announcements/{id}/withdraw").route(post().to(admin_announcement::withdraw)));
}

fn admin_announcement_pages(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("/announcement/")
            .route(get().to(admin_announcement_pages::start))
            .route(post().to(admin_announcement_pages::upload)),
    )
    .service(
        resource("/announcement/{id}")
            .route(get().to(admin_announcement_pages::check))
            .route(post().to(admin_announcement_pages::save)),
    )
    .route("/announcement/{id}/publish", post().to(admin_announcement_pages::publish))
    .route("/announcement/{id}/discard", post().to(admin_announcement_pages::discard))
    .route("/announcement/{id}/restore", post().to(admin_announcement_pages::restore))
    .route("/announcement/{id}/withdraw", post().to(admin_announcement_pages::withdraw));
}

/// Users, invitations, the audit log.
fn admin_users_api(cfg: &mut ServiceConfig) {
    cfg.service(resource("/users").route(get().to(admin_users::list)).route(post().to(admin_users::add)))
        .service(resource("/users/{id}").route(get().to(admin_users::show)).route(patch().to(admin_users::update)))
        .service(resource("/users/{id}/ban").route(put().to(admin_users::ban)).route(delete().to(admin_users::unban)))
        .service(
            resource("/users/{id}/deactivation")
                .route(put().to(admin_users::deactivate))
                .route(delete().to(admin_users::reactivate)),
        )
        .service(
            resource("/users/{id}/silence")
                .route(put().to(admin_users::silence))
                .route(delete().to(admin_users::unsilence)),
        )
        .service(
            resource("/users/{id}/sessions")
                .route(get().to(admin_users::sessions))
                .route(delete().to(admin_users::end_sessions)),
        )
        .service(resource("/users/{id}/sessions/{session}").route(delete().to(admin_users::end_session)))
        .service(
            resource("/users/{id}/tokens").route(get().to(users_tokens::list)).route(post().to(users_tokens::create)),
        )
        .service(resource("/users/{id}/tokens/{token}").route(delete().to(users_tokens::revoke)))
        .service(
            resource("/users/{id}/reset")
                .route(post().to(admin_users::issue_reset))
                .route(delete().to(admin_users::void_reset)),
        )
        .service(resource("/invites").route(get().to(invites::list)).route(post().to(invites::create)))
        .service(resource("/invites/{id}").route(delete().to(invites::revoke)))
        .service(resource("/audit").route(get().to(admin_audit::list)));
}

fn admin_users_pages(cfg: &mut ServiceConfig) {
    cfg.route("/users/", get().to(users_pages::list))
        .route("/users.csv", get().to(users_export::export))
        .service(resource("/users/new").route(get().to(users_pages::new)).route(post().to(users_pages::add)))
        .service(resource("/users/acts/{what}").route(get().to(users_acts::ask)).route(post().to(users_acts::act)))
        .route("/users/{id}/", get().to(person::show))
        .route("/users/{id}/act", post().to(person::act))
        .route("/users/{id}/sessions/{session}/end", post().to(person::end_session))
        .route("/users/{id}/tokens", post().to(users_tokens::create_page))
        .route("/users/{id}/tokens/{token}/revoke", post().to(users_tokens::revoke_page))
        .route("/users/{id}/reset", post().to(person::issue_reset))
        .route("/users/{id}/reset/void", post().to(person::void_reset))
        .service(resource("/invites/").route(get().to(invites_pages::list)).route(post().to(invites_pages::create)))
        .route("/invites/{id}/revoke", post().to(invites_pages::revoke))
        .route("/audit/", get().to(audit_pages::list))
        .route("/audit.csv", get().to(admin_audit::export));
}

/// Overview, rooms, messages, reports.
fn admin_rooms_api(cfg: &mut ServiceConfig) {
    cfg.service(resource("/overview").route(get().to(overview::show)))
        .service(resource("/messages").route(get().to(messages::list)))
        .service(resource("/messages/delete").route(post().to(messages::delete_many)))
        .service(resource("/messages/{id}").route(delete().to(messages::delete)))
        .service(resource("/rooms").route(get().to(admin_rooms::list)))
        .service(
            resource("/rooms/{id}")
                .route(get().to(admin_rooms::show))
                .route(patch().to(admin_rooms::update))
                .route(delete().to(admin_rooms::delete)),
        )
        .service(resource("/rooms/{id}/owner").route(put().to(admin_rooms::set_owner)))
        .service(resource("/rooms/{id}/members").route(get().to(admin_rooms::list_members)))
        .service(resource("/reports").route(get().to(reports::list)))
        .service(resource("/reports/{message}").route(post().to(reports::settle)));
}

fn admin_rooms_pages(cfg: &mut ServiceConfig) {
    cfg.route("/", get().to(overview_pages::overview))
        .route("/messages/", get().to(messages_pages::list))
        .service(
            resource("/messages/delete").route(get().to(messages_pages::back)).route(post().to(messages_pages::delete)),
        )
        .route("/rooms/", get().to(admin_rooms_pages::list))
        .service(
            resource("/rooms/{id}/").route(get().to(admin_rooms_pages::show)).route(post().to(admin_rooms_pages::save)),
        )
        .route("/rooms/{id}/archive", post().to(admin_rooms_pages::archive))
        .service(
            resource("/rooms/{id}/owner")
                .route(get().to(admin_rooms_pages::ask_owner))
                .route(post().to(admin_rooms_pages::set_owner)),
        )
        .service(
            resource("/rooms/{id}/delete")
                .route(get().to(admin_rooms_pages::ask_delete))
                .route(post().to(admin_rooms_pages::delete)),
        )
        .route("/reports/", get().to(reports_pages::list))
        .route("/reports/{message}", post().to(reports_pages::settle));
}

/// Settings.
fn admin_settings_api(cfg: &mut ServiceConfig) {
    cfg.service(resource("/settings").route(get().to(settings::list)).route(patch().to(settings::update)))
        .service(resource("/settings/logo").route(put().to(settings::set_logo)))
        .service(resource("/mail").route(get().to(mail::show)))
        .service(resource("/mail/{channel}/test").route(post().to(mail::test)));
}

fn admin_settings_pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/settings/").route(get().to(settings_pages::show)).route(post().to(settings_pages::save)))
        .route("/settings/logo", post().to(settings_pages::save_logo))
        .route("/mail/{channel}/test", post().to(mail_pages::test));
}
