//! Counting answers: by the class of their status as they leave, errors by their code where they are made.

use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use crate::{error::AppError, monitor::Monitor};

/// The outermost middleware: counts everything that is answered.
///
/// # Errors
/// None of its own.
pub async fn count(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let monitor = req.app_data::<Data<Monitor>>().cloned();
    let response = next.call(req).await?;
    if let Some(monitor) = monitor {
        monitor.hubs.meter().answered(response.status().as_u16());
    }
    Ok(response)
}

/// The innermost one: counts errors by their codes, before anybody makes a page of them.
///
/// # Errors
/// None of its own.
pub async fn count_errors(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let monitor = req.app_data::<Data<Monitor>>().cloned();
    let outcome = next.call(req).await;
    let error = match &outcome {
        Ok(response) => response.response().error(),
        Err(error) => Some(error),
    };
    let code = error.and_then(|error| error.as_error::<AppError>()).map(AppError::code);
    if let (Some(monitor), Some(code)) = (monitor, code) {
        monitor.hubs.meter().error("http", code);
    }
    outcome
}
