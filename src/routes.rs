//! Every URL.

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
    cfg.route("/ws/chat/", get().to(socket::open))
        .route("/healthz", get().to(monitor::healthz))
        .route("/readyz", get().to(monitor::readyz))
        .route("/metrics", get().to(monitor::metrics))
        .service(resource("/api/openapi.json").wrap(Compress::default()).route(get().to(openapi::document)))
        // Not compressed: a stream must not be held up until there is enough to be worth it.
        .route("/api/v1/events", get().to(events::events))
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
    cfg.route("/register", post().to(account::register))
        .route("/register/code", post().to(verification::ask))
        .route("/recovery", post().to(recovery::ask))
        .route("/recovery/password", post().to(recovery::claim))
        .route("/login", post().to(account::login))
        .route("/logout", post().to(account::logout))
        .route("/setup", post().to(account::setup))
        .route("/reset", post().to(reset::reset))
        .service(resource("/me").route(get().to(account::me)).route(patch().to(account::update_me)))
        .service(resource("/me/avatar").route(put().to(upload::set_avatar)).route(delete().to(upload::delete_avatar)))
        .route("/uploads", post().to(upload::create))
        .route("/uploads/{id}", delete().to(upload::delete))
        .route("/me/password", put().to(account::change_password))
        .service(
            resource("/me/sessions").route(get().to(account::sessions)).route(delete().to(account::end_other_sessions)),
        )
        .route("/me/sessions/{id}", delete().to(account::end_session))
        .service(resource("/me/tokens").route(get().to(access::list)).route(post().to(access::create)))
        .route("/me/tokens/{id}", delete().to(access::revoke))
        .route("/me/{channel:email|phone}", put().to(address::confirm))
        .route("/me/{channel:email|phone}/code", post().to(address::ask))
        .route("/me/{channel:email|phone}/removal", post().to(address::remove))
        .route("/users", get().to(account::users))
        .route("/users/{id}", get().to(contact::profile))
        .route("/contacts", get().to(contact::list))
        .service(resource("/contacts/{user}").route(put().to(contact::put)).route(delete().to(contact::delete)))
        .service(resource("/rooms").route(get().to(room::list)).route(post().to(room::create)))
        .route("/rooms/public", get().to(room::public))
        .service(
            resource("/rooms/{id}")
                .route(get().to(room::show))
                .route(patch().to(room::update))
                .route(delete().to(room::delete)),
        )
        .route("/rooms/{id}/join", post().to(room::join))
        .route("/rooms/{id}/leave", post().to(room::leave))
        .route("/rooms/{id}/me", patch().to(notices::update))
        .route("/rooms/{id}/read", post().to(room::read))
        .route("/rooms/{id}/reads", get().to(members::reads))
        .service(resource("/rooms/{id}/members").route(get().to(members::list)).route(post().to(members::add)))
        .service(
            resource("/rooms/{id}/members/{user}")
                .route(patch().to(members::update))
                .route(delete().to(members::remove)),
        )
        .route("/directs", post().to(room::open_direct))
        .service(resource("/rooms/{id}/messages").route(get().to(history::list)).route(post().to(message::create)))
        .route("/rooms/{id}/commands", post().to(command::run))
        .route("/commands", get().to(command::list))
        .route("/rooms/{id}/changes", get().to(history::changes))
        .route("/sync", get().to(sync::sync))
        .route("/hello", get().to(hello::hello))
        .route("/messages", get().to(history::many))
        .route("/messages/{id}/recall", post().to(message::recall))
        .route("/messages/{id}/reactions", get().to(reaction::list))
        .route("/messages/{id}/reports", post().to(report::create))
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
        .route("/search", get().to(search::list))
        .route("/announcement", get().to(announcement::show))
        .route("/announcement/{id}/seen", put().to(announcement::see))
        .service(scope("/admin").configure(admin_api))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(AppError::NotFound) }));
}

/// What scripts for other small chats know.
fn classic(cfg: &mut ServiceConfig) {
    cfg.route("/api/recent_messages/", get().to(recent::recent))
        .route("/api/recent_messages_apiint/{count}", get().to(recent::counted))
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
        .route("/send_preset_image/", post().to(classic_presets::send_image))
        .route("/send-preset-image/", post().to(classic_presets::send_image_too))
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
        .route("/presets/{id}/move", post().to(presets::relocate))
        .route("/presets/{id}/image", get().to(presets::image))
        .route("/presets/{id}/send", post().to(presets::send))
        .route("/countdowns", get().to(presets::countdowns))
        .route("/countdowns/{id}/stop", post().to(presets::stop));
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
    .route("/announcements/{id}/publish", post().to(admin_announcement::publish))
    .route("/announcements/{id}/restore", post().to(admin_announcement::restore))
    .route("/announcements/{id}/withdraw", post().to(admin_announcement::withdraw));
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
        .route("/users/{id}/sessions/{session}", delete().to(admin_users::end_session))
        .service(
            resource("/users/{id}/tokens").route(get().to(users_tokens::list)).route(post().to(users_tokens::create)),
        )
        .route("/users/{id}/tokens/{token}", delete().to(users_tokens::revoke))
        .service(
            resource("/users/{id}/reset")
                .route(post().to(admin_users::issue_reset))
                .route(delete().to(admin_users::void_reset)),
        )
        .service(resource("/invites").route(get().to(invites::list)).route(post().to(invites::create)))
        .route("/invites/{id}", delete().to(invites::revoke))
        .route("/audit", get().to(admin_audit::list));
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
    cfg.route("/overview", get().to(overview::show))
        .route("/messages", get().to(messages::list))
        .route("/messages/delete", post().to(messages::delete_many))
        .route("/messages/{id}", delete().to(messages::delete))
        .route("/rooms", get().to(admin_rooms::list))
        .service(
            resource("/rooms/{id}")
                .route(get().to(admin_rooms::show))
                .route(patch().to(admin_rooms::update))
                .route(delete().to(admin_rooms::delete)),
        )
        .route("/rooms/{id}/owner", put().to(admin_rooms::set_owner))
        .route("/rooms/{id}/members", get().to(admin_rooms::list_members))
        .route("/reports", get().to(reports::list))
        .route("/reports/{message}", post().to(reports::settle));
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
        .route("/settings/logo", put().to(settings::set_logo))
        .route("/mail", get().to(mail::show))
        .route("/mail/{channel}/test", post().to(mail::test));
}

fn admin_settings_pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/settings/").route(get().to(settings_pages::show)).route(post().to(settings_pages::save)))
        .route("/settings/logo", post().to(settings_pages::save_logo))
        .route("/mail/{channel}/test", post().to(mail_pages::test));
}
